"""One attempt of a step, and what it tells: an event in the journal and a line in the log for each event."""

import logging
from typing import Final

from .errors import ErrorCode, JobError, error_of
from .logs import Field, log_event
from .run import Run
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
        kind: StepEventKind,
        error: JobError | None = None,
        *,
        pause: float | None = None,
        cause: Exception | None = None,
    ) -> None:
        """Tell the journal and the log."""
        clock = self.run.tools.clock
        event = StepEvent(
            promise_id=self._job,
            step_promise_id=self._promise,
            step=self._step,
            attempt=self.number,
            kind=kind,
            at=clock.now(),
            duration=clock.monotonic() - self._began,
            fence=self.run.fence,
            code=error.code if error else None,
            message=error.message if error else None,
            pause=pause,
        )
        self._write(event)
        self._log(event, cause)

    def _write(self, event: StepEvent) -> None:
        try:
            self.run.tools.on_step_event(event)
        except Exception as exc:  # noqa: BLE001 the journal decides nothing, so it cannot fail a step either
            log_event(_LOG, logging.WARNING, "the journal failed", {"promiseId": self._job, "step": self._step}, exc)

    def _log(self, event: StepEvent, cause: Exception | None) -> None:
        fields: dict[str, Field] = {"event": f"step_{event.kind}", "promiseId": event.promise_id, "step": event.step}
        if event.kind in (StepEventKind.DONE, StepEventKind.FAILED):
            lasted = self.run.tools.clock.monotonic() - self._step_began
            fields |= {"attempts": event.attempt, "duration": round(lasted, 3)}
        else:
            fields |= {"attempt": event.attempt, "duration": round(event.duration, 3)}
        if event.code:
            fields |= {"code": event.code, "error": event.message}
        if event.pause is not None:
            fields["pause"] = round(event.pause, 3)
        # A foreseen error says it all; of any other only its text crosses the wire, so where it arose is told here.
        traceback = cause if cause and error_of(cause).code == ErrorCode.UNEXPECTED else None
        level = _LEVELS.get(event.kind, logging.INFO)
        log_event(_LOG, level, f"step {event.step} {event.kind}", fields, traceback)
