"""Figures about jobs, as the API answers them: counts by hour or day, costs, codes of failures, and ages.

Times are ISO 8601 in UTC, to the millisecond.
"""

from enum import StrEnum
from typing import Final

from msgspec import field

from .answers import Reason
from .api_value import ApiValue

MAX_COUNTED_JOBS: Final = 20_000  # jobs that one answer counts, if the time suffices to read them


class Period(StrEnum):
    """The period by which jobs are counted: hours or days of UTC."""

    HOUR = "hour"
    DAY = "day"

    @property
    def milliseconds(self) -> int:
        """Its length."""
        return 3_600_000 if self is Period.HOUR else 86_400_000


class JobNumbers(ApiValue, frozen=True, kw_only=True):
    """The jobs of one type that were created in one period."""

    start: str  # when the period begins
    type: str
    done: int
    failed: int
    canceled: int
    open: int  # have not ended
    cost_usd: float  # the sum over done jobs with a known cost
    without_cost: int  # done jobs with an unknown price


class FailureCount(ApiValue, frozen=True, kw_only=True):
    """How many jobs failed with a code."""

    code: str
    jobs: int


class ResultTimes(ApiValue, frozen=True, kw_only=True):
    """The seconds from the creation of a job to its result, including waits for people."""

    p50: float
    p95: float


class OldestJob(ApiValue, frozen=True, kw_only=True):
    """The oldest job that has not ended and does not wait for a decision."""

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

    since: str  # as in the request
    begin: str = field(name="from")  # every job from this time on is counted
    until: str
    period: Period
    is_complete: bool  # whether `from` is `since`
    jobs: tuple[JobNumbers, ...]  # the oldest period first
    failures: tuple[FailureCount, ...]  # the most frequent code first
    result_seconds: ResultTimes | None = None  # None without a done job
    oldest_job: OldestJob | None = None
    oldest_decision: OldestDecision | None = None
