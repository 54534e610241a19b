"""One attempt of a step, and what it tells: an entry in the journal and a line in the log for each event."""

import logging
from typing import Final

from .errors import Code, JobError, error_of
from .logs import Field, log_event
from .runtime.run import Run
from .step_events import StepEvent, StepEventKind

_LOG = logging.getLogger("durable.step")
_LEVELS: Final = {
    StepEventKind.STARTED: logging.DEBUG,
    StepEventKind.RETRYING: logging.WARNING,
    StepEventKind.FAILED: logging.ERROR,
}


class Attempt:
    """An attempt of a step of a job: the first, or `another` after one."""

    def __init__(self, run: Run, job: str, promise: str, step: str) -> None:
        self.run = run
        self.number = 1
        self._job = job
        self._promise = promise
        self._step = step
        self._began = self._step_began = run.tools.clock.monotonic()

    def another(self) -> "Attempt":
        """Return the one after this."""
        other = Attempt(self.run, self._job, self._promise, self._step)
        other.number = self.number + 1
        other._step_began = self._step_began
        return other

    def tell(
        self,
        event: StepEventKind,
        error: JobError | None = None,
        *,
        pause: float | None = None,
        cause: Exception | None = None,
    ) -> None:
        """Tell the journal and the log."""
        clock = self.run.tools.clock
        entry = StepEvent(
            job=self._job,
            promise=self._promise,
            step=self._step,
            attempt=self.number,
            event=event,
            at=clock.now(),
            duration=clock.monotonic() - self._began,
            fence=self.run.fence,
            code=error.code if error else None,
            message=error.message if error else None,
            pause=pause,
        )
        self._write(entry)
        self._log(entry, cause)

    def _write(self, entry: StepEvent) -> None:
        try:
            self.run.tools.journal(entry)
        except Exception as exc:  # noqa: BLE001 the journal decides nothing, so it cannot fail a step either
            log_event(_LOG, logging.WARNING, "the journal failed", {"job": self._job, "step": self._step}, exc)

    def _log(self, entry: StepEvent, cause: Exception | None) -> None:
        fields: dict[str, Field] = {"event": f"step_{entry.event}", "job": entry.job, "step": entry.step}
        if entry.event in (StepEventKind.DONE, StepEventKind.FAILED):
            lasted = self.run.tools.clock.monotonic() - self._step_began
            fields |= {"attempts": entry.attempt, "duration": round(lasted, 3)}
        else:
            fields |= {"attempt": entry.attempt, "duration": round(entry.duration, 3)}
        if entry.code:
            fields |= {"code": entry.code, "error": entry.message}
        if entry.pause is not None:
            fields["pause"] = round(entry.pause, 3)
        # A foreseen error says it all; of any other only its text crosses the wire, so where it arose is told here.
        traceback = cause if cause and error_of(cause).code == Code.UNEXPECTED else None
        level = _LEVELS.get(entry.event, logging.INFO)
        log_event(_LOG, level, f"step {entry.step} {entry.event}", fields, traceback)
