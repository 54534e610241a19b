"""Events of a step's attempts, for logs and progress: the server knows neither a step's name nor its attempt.

An event decides nothing: the state of a job is its promise. A listener must neither block nor wait.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class StepEventKind(StrEnum):
    """What happened to an attempt of a step."""

    STARTED = "started"
    DONE = "done"
    RETRYING = "retrying"  # it failed, and another attempt follows
    FAILED = "failed"  # it failed, and no attempt follows
    STOPPED = "stopped"  # it was canceled: its worker drains, its lease is gone, or its job ended


@dataclass(frozen=True, kw_only=True)
class StepEvent:
    """One event. The newer worker has the higher fence: a reader ignores events of older workers."""

    promise_id: str  # the job's promise
    step_promise_id: str
    step: str
    attempt: int
    kind: StepEventKind
    at: float  # seconds since 1970
    duration: float  # seconds since the attempt started
    fence: int | None = None
    code: str | None = None  # the error's code
    message: str | None = None
    pause: float | None = None  # seconds until the next attempt


# It is called on the event loop, so it defers slow work. Its errors are logged and do not fail the step.
type OnStepEvent = Callable[[StepEvent], None]


def ignore_step_events(_: StepEvent) -> None:
    """Do nothing."""
