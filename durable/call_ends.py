"""Notes which worker ended each call of a run, and in which attempt, until the call's value is written."""

from typing import Final

from durable.wire.call_record import EndRecord


class CallEnds:
    """The ends of calls whose values are not written yet."""

    def __init__(self) -> None:
        self.worker = ""  # the one that has acquired the task
        self._steps: Final[dict[str, EndRecord]] = {}  # by promise

    def note(self, promise: str, *, attempts: int, started_at: float, ended_at: float) -> None:
        """Note the last attempt of a step; times are in seconds since 1970."""
        self._steps[promise] = EndRecord(
            worker=self.worker, attempts=attempts, started_at=started_at, ended_at=ended_at
        )

    def take(self, promise: str) -> EndRecord:
        """Return the end of a call, just before its value is written."""
        return self._steps.pop(promise, None) or EndRecord(worker=self.worker)
