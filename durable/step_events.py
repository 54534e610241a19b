"""What a step tells while it runs: the server knows neither its name nor its attempt.

It never decides anything: the state of a job is its promise, and whoever listens must neither block nor wait.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class StepEventKind(StrEnum):
    """What happened to an attempt of a step."""

    STARTED = "started"
    DONE = "done"
    RETRYING = "retrying"  # it failed, and there will be another
    FAILED = "failed"  # it failed, and there will be none
    STOPPED = "stopped"  # the step was cancelled: its worker drains, its lease is gone, or its job ended


@dataclass(frozen=True, kw_only=True)
class StepEvent:
    """One event. A higher fence is the newer worker's: a reader ignores what an older one still writes."""

    job: str
    promise: str
    step: str
    attempt: int
    event: StepEventKind
    at: float  # seconds since 1970
    duration: float  # seconds since the attempt started
    fence: int | None = None
    code: str | None = None  # of the error
    message: str | None = None
    pause: float | None = None  # seconds until the next attempt


class OnStepEvent(Protocol):
    """Takes entries. It is called on the event loop and keeps what it has to do for later."""

    def __call__(self, entry: StepEvent, /) -> None:
        """Take one; what it raises is logged and changes nothing."""


def ignore_step_events(_: StepEvent) -> None:
    """Take no notice."""
