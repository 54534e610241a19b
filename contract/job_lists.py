"""Lists of jobs and of open decisions, as the API answers them. Times are ISO 8601 in UTC, to the millisecond."""

from typing import Final

from .answers import JobState, Reason
from .api_value import ApiValue

MAX_LIMIT: Final = 200  # the most jobs on a page
DEFAULT_LIMIT: Final = 50


class OpenQuestion(ApiValue, frozen=True):
    """What a job waits for."""

    decision: str  # its id in the API
    since: str
    until: str
    reason: Reason | None = None  # why it is asked, if it is a question of ours


class JobSummary(ApiValue, frozen=True):
    """A job in a list."""

    id: str
    state: JobState
    type: str
    requester_id: str
    created_at: str
    ended_at: str | None = None
    batch: str | None = None
    question: OpenQuestion | None = None  # the question that the job waits for


class JobPage(ApiValue, frozen=True):
    """200: jobs, the newest first. With a cursor there may be more, also after a page with few or none."""

    jobs: tuple[JobSummary, ...]
    cursor: str | None = None


class OpenDecision(ApiValue, frozen=True):
    """A decision that a job waits for."""

    id: str
    job_id: str
    reason: Reason
    type: str
    requester_id: str
    since: str
    until: str
    batch: str | None = None


class DecisionPage(ApiValue, frozen=True):
    """200: open decisions, the newest first. With a cursor there may be more."""

    decisions: tuple[OpenDecision, ...]
    cursor: str | None = None
