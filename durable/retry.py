"""How often and when a step is tried again, in memory. Longer waits are a workflow's, which sleeps durably."""

from dataclasses import dataclass
from typing import Final

from .errors import JobError

MAX_PAUSE_SECONDS: Final = 30.0  # seconds of a pause: it keeps a place in the worker, and is lost with it


@dataclass(frozen=True, kw_only=True)
class Retry:
    """Times in seconds. The pauses grow by the factor up to the cap; a share of each is left to chance."""

    attempts: int = 3
    first: float = 0.2
    factor: float = 2.0
    cap: float = 10.0
    jitter: float = 0.5  # without it, everybody whom an outage stopped comes back in the same moment
    on: tuple[type[Exception], ...] = (Exception,)
    never: tuple[type[Exception], ...] = ()

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.first < 0 or self.factor < 1 or self.cap < 0 or not 0 <= self.jitter <= 1:
            raise ValueError(f"no retry can be like this: {self}")

    def forbids(self, error: Exception) -> bool:
        """Whether this error comes back, however often one tries."""
        return isinstance(error, self.never) or (isinstance(error, JobError) and not error.retry)

    def helps(self, error: Exception, attempt: int) -> bool:
        """Whether to try again in memory after this attempt (the first is 1) failed with this error."""
        if isinstance(error, JobError) and (error.after or 0.0) > MAX_PAUSE_SECONDS:
            return False
        return attempt < self.attempts and isinstance(error, self.on) and not self.forbids(error)

    def pause(self, attempt: int, draw: float) -> float:
        """How long to wait after this attempt; `draw` is a number from 0 to 1."""
        # The exponent has a bound of its own: a wait for the server has no last attempt, and floats end.
        longest = min(self.cap, self.first * self.factor ** min(attempt - 1, 50))
        return longest * (1 - self.jitter * draw)

    def pause_of(self, error: JobError, attempt: int, draw: float) -> float:
        """How long to wait in memory after this error, which may name a time: chance is added to that, not taken."""
        pause = self.pause(attempt, draw)
        return min(error.after + pause / 2, MAX_PAUSE_SECONDS) if error.after else pause
