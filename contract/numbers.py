"""Figures about jobs, as the API answers them: counts by hour or day, costs, codes of failures, and ages.

Times are ISO 8601 in UTC, to the millisecond.
"""

from enum import StrEnum
from typing import Final

from msgspec import field

from .answers import Reason
from .api_value import ApiValue

MAX_COUNTED_JOBS: Final = 20_000  # of one answer, if so many are read in the time that it may take


class Period(StrEnum):
    """The length of the stretches of time that jobs are counted in. They begin with the hours and days of UTC."""

    HOUR = "hour"
    DAY = "day"

    @property
    def milliseconds(self) -> int:
        """Its length."""
        return 3_600_000 if self is Period.HOUR else 86_400_000


class JobNumbers(ApiValue, frozen=True, kw_only=True):
    """The jobs of one type that were created in one period."""

    start: str  # of the period
    type: str
    done: int
    failed: int
    canceled: int
    open: int  # have not ended
    cost_usd: float  # of those that are done and have a known cost
    without_cost: int  # of those that are done: a price is unknown


class FailureCount(ApiValue, frozen=True, kw_only=True):
    """How many jobs failed with a code."""

    code: str
    jobs: int


class ResultTimes(ApiValue, frozen=True, kw_only=True):
    """The seconds from the creation of a job to its result, in which waits for people count too."""

    p50: float
    p95: float


class OldestJob(ApiValue, frozen=True, kw_only=True):
    """The oldest job that neither has ended nor waits for a decision."""

    id: str
    created_at: str


class OldestDecision(ApiValue, frozen=True, kw_only=True):
    """The open decision that a job has waited for the longest."""

    id: str
    job_id: str
    reason: Reason
    since: str


class Numbers(ApiValue, frozen=True, kw_only=True):
    """200: figures of the jobs that were created in a stretch of time; periods and types without jobs are left out.

    At most MAX_COUNTED_JOBS are counted, the newest ones. Then `from` is later than `since`.
    """

    since: str  # as it was asked for
    begin: str = field(name="from")  # from here on every job is counted
    until: str
    period: Period
    is_complete: bool  # whether `from` is `since`
    jobs: tuple[JobNumbers, ...]  # the oldest period first
    failures: tuple[FailureCount, ...]  # the most frequent code first
    result_seconds: ResultTimes | None = None  # without a job that is done there are none
    oldest_job: OldestJob | None = None
    oldest_decision: OldestDecision | None = None
