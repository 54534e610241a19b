"""The attempts of a step, and the events that they report."""

import logging
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Final

from .errors import ErrorCode, JobError, error_of
from .logs import Field, log_event
from .run import Run
from .step_events import StepEvent, StepEventKind

_LOG = logging.getLogger(__name__)
_LEVELS: Final = {
    StepEventKind.STARTED: logging.DEBUG,
    StepEventKind.RETRYING: logging.WARNING,
    StepEventKind.FAILED: logging.ERROR,
}


class Attempt:
    """One attempt, and the events that it reports."""

    def __init__(self, run: Run, promise_id: str, step_promise_id: str, step: str) -> None:
        self.run = run
        self.number = 1
        # If a run began with this step, the next run has no more time for it.
        self.may_hand_over = run.has_progressed or run.is_cold
        self.step_promise_id = step_promise_id
        self._promise_id = promise_id
        self._step = step
        self._started = self._step_started = run.tools.clock.monotonic()

    @property
    def log_keys(self) -> Mapping[str, Field]:
        """The keys of log lines that the step's function writes."""
        return {"promiseId": self._promise_id, "step": self._step, "attempt": self.number}

    def next(self) -> "Attempt":
        """Return the attempt after this one."""
        following = Attempt(self.run, self._promise_id, self.step_promise_id, self._step)
        following.number = self.number + 1
        following.may_hand_over = self.may_hand_over
        following._step_started = self._step_started
        return following

    def in_trace(self) -> AbstractContextManager[None]:
        """Trace what the block does as this attempt."""
        return self.run.trace.trace_attempt(self._step, self.step_promise_id, self.number, self.run.fence)

    def report(
        self,
        kind: StepEventKind,
        error: JobError | None = None,
        *,
        pause: float | None = None,
        cause: Exception | None = None,
    ) -> None:
        """Pass an event to the listener, and log it."""
        clock = self.run.tools.clock
        event = StepEvent(
            promise_id=self._promise_id,
            step_promise_id=self.step_promise_id,
            step=self._step,
            attempt=self.number,
            kind=kind,
            at=clock.now(),
            duration=clock.monotonic() - self._started,
            fence=self.run.fence,
            code=error.code if error else None,
            message=error.message if error else None,
            pause=pause,
        )
        if kind not in (StepEventKind.STARTED, StepEventKind.STOPPED):
            took = clock.monotonic() - self._step_started
            self.run.ends.note(
                self.step_promise_id, attempts=self.number, started_at=event.at - took, ended_at=event.at
            )
        self._notify_listener(event)
        self._log(event, cause)

    def _notify_listener(self, event: StepEvent) -> None:
        try:
            self.run.tools.on_step_event(event)
        except Exception as exc:  # noqa: BLE001 a listener must not fail a step
            fields: dict[str, Field] = {"promiseId": self._promise_id, "step": self._step}
            log_event(_LOG, logging.WARNING, "the listener for step events failed", fields, exc)

    def _log(self, event: StepEvent, cause: Exception | None) -> None:
        fields: dict[str, Field] = {
            "event": f"step_{event.kind}", "promiseId": event.promise_id, "step": event.step
        }  # fmt: skip
        if event.kind in (StepEventKind.DONE, StepEventKind.FAILED):
            duration = self.run.tools.clock.monotonic() - self._step_started
            fields |= {"attempts": event.attempt, "duration": round(duration, 3)}
        else:
            fields |= {"attempt": event.attempt, "duration": round(event.duration, 3)}
        if event.code:
            fields |= {"code": event.code, "error": event.message}
        if event.pause is not None:
            fields["pause"] = round(event.pause, 3)
        # Of an unexpected error only the text crosses the wire, so its traceback is logged here.
        traceback = cause if cause and error_of(cause).code == ErrorCode.UNEXPECTED else None
        level = _LEVELS.get(event.kind, logging.INFO)
        log_event(_LOG, level, f"step {event.step} {event.kind}", fields, traceback)
