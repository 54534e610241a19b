"""How the items of a map ended, and when the map is over."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .errors import JobError, most_severe

_ROUNDING_ERROR: Final = 1e-6  # floats: 0.29 * 100 is a little less than 29


class BatchEnd(StrEnum):
    """Why a batch is over."""

    ALL_ENDED = "all items have ended"
    ENOUGH_SUCCEEDED = "enough items have succeeded"
    TOO_MANY_FAILED = "too many items have failed"


@dataclass(frozen=True, kw_only=True)
class Completion:
    """When a batch is over; by default when all items have ended, or one has failed.

    Then the map waits for the items that run. With `stop_running` it calls them off instead.
    """

    enough: int | None = None  # successes; failures count only once this number cannot be reached
    tolerated: int | None = None  # failures
    tolerated_share: float | None = None  # failures, as a share of all items from 0 to 1
    stop_running: bool = False

    def __post_init__(self) -> None:
        is_possible = self.enough is None or self.enough > 0
        if not is_possible or (self.tolerated or 0) < 0 or not 0 <= (self.tolerated_share or 0) <= 1:
            raise ValueError(f"invalid completion: {self}")

    def find_end(self, *, done: int, failed: int, total: int) -> BatchEnd | None:
        """Return why a batch of `total` items is over, or None if it is not."""
        if self.enough is not None and done >= self.enough:
            return BatchEnd.ENOUGH_SUCCEEDED
        if failed > self._count_tolerated(total):
            return BatchEnd.TOO_MANY_FAILED
        return BatchEnd.ALL_ENDED if done + failed == total else None

    def _count_tolerated(self, total: int) -> int:
        limits = [
            None if self.enough is None else max(0, total - self.enough),
            self.tolerated,
            None if self.tolerated_share is None else int(self.tolerated_share * total + _ROUNDING_ERROR),
        ]
        return min((limit for limit in limits if limit is not None), default=0)


FAIL_FAST: Final = Completion()
ALL_COMPLETED: Final = Completion(tolerated_share=1.0)
FIRST_SUCCESSFUL: Final = Completion(enough=1, stop_running=True)


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Numbers of items by how they ended."""

    done: int
    failed: int
    called_off: int  # they ran when the batch was over
    not_begun: int


@dataclass(frozen=True, kw_only=True)
class Batch[R]:
    """How the items ended, by their index."""

    end: BatchEnd
    total: int
    results: Mapping[int, R]
    errors: Mapping[int, JobError]
    called_off: tuple[int, ...] = ()

    @property
    def values(self) -> list[R]:
        """The results in the order of the items. Items without a result are left out."""
        return [self.results[index] for index in sorted(self.results)]

    @property
    def counts(self) -> Counts:
        """How many items are done, failed, called off and not begun."""
        done, failed, called_off = len(self.results), len(self.errors), len(self.called_off)
        not_begun = self.total - done - failed - called_off
        return Counts(done=done, failed=failed, called_off=called_off, not_begun=not_begun)

    def get(self) -> list[R]:
        """Return the values; if too many items have failed, raise the first of the most severe errors."""
        if self.end is BatchEnd.TOO_MANY_FAILED:
            raise most_severe(self.errors[index] for index in sorted(self.errors))
        return self.values
