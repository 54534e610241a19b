"""When and how often a step is retried in memory. For longer waits the workflow sleeps durably.

`Retry` is for attempts in memory. `Backoff` has the pauses between durable attempts, or between looks at a condition.
"""

from dataclasses import dataclass
from typing import Final

from .errors import JobError

MAX_PAUSE_SECONDS: Final = 30.0  # a pause in memory occupies the worker, and is lost with it
_MAX_EXPONENT: Final = 50  # retries of the connection to the server have no last attempt, and floats overflow


@dataclass(frozen=True, kw_only=True)
class Retry:
    """Times in seconds. The pauses grow by the factor up to the cap; jitter is the random share of each."""

    attempts: int = 3
    first: float = 0.2
    factor: float = 2.0
    cap: float = 10.0
    jitter: float = 0.5  # so that clients do not all retry at the same moment after an outage
    on: tuple[type[Exception], ...] = (Exception,)
    never: tuple[type[Exception], ...] = ()

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.first < 0 or self.factor < 1 or self.cap < 0 or not 0 <= self.jitter <= 1:
            raise ValueError(f"invalid retry: {self}")

    def forbids(self, error: Exception) -> bool:
        """Whether a retry cannot help."""
        return isinstance(error, self.never) or (isinstance(error, JobError) and not error.retry)

    def helps(self, error: Exception, attempt: int) -> bool:
        """Whether to retry in memory after this attempt, counted from 1, failed with this error."""
        if isinstance(error, JobError) and (error.after or 0.0) > MAX_PAUSE_SECONDS:
            return False
        return attempt < self.attempts and isinstance(error, self.on) and not self.forbids(error)

    def pause(self, attempt: int, draw: float) -> float:
        """Return the pause after this attempt; `draw` is a random number from 0 to 1."""
        longest = min(self.cap, self.first * self.factor ** min(attempt - 1, _MAX_EXPONENT))
        return longest * (1 - self.jitter * draw)

    def pause_of(self, error: JobError, attempt: int, draw: float) -> float:
        """Return the pause in memory after this error. If the error names one, jitter only makes it longer."""
        pause = self.pause(attempt, draw)
        return min(error.after + pause / 2, MAX_PAUSE_SECONDS) if error.after else pause


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """Durable pauses in seconds, which grow by the factor up to the cap. A workflow's body has no random numbers."""

    first: float = 60.0
    factor: float = 2.0
    cap: float = 3_600.0

    def __post_init__(self) -> None:
        if self.first < 0 or self.factor < 1 or self.cap < 0:
            raise ValueError(f"invalid backoff: {self}")

    def pause(self, number: int) -> float:
        """Return the n-th pause, counted from 1."""
        return min(self.cap, self.first * self.factor ** min(number - 1, _MAX_EXPONENT))
