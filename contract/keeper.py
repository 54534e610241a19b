"""Queries of the trigger to the keeper, which has the server's database beside it, and the keeper's answers.

A query is the body of POST /, with its `kind`. A header has the trigger's token for the server. Times are in
milliseconds since 1970, as the server has them.
"""

from typing import Final

from .answers import JobState
from .api_value import ApiValue
from .job_lists import DEFAULT_LIMIT
from .numbers import Period


class Position(ApiValue, frozen=True):
    """The place after which a list goes on: a promise, and when it was created."""

    created_at: int
    id: str


class KeeperQuery(ApiValue, frozen=True, tag_field="kind"):
    """A query of some kind."""


class JobQuery(KeeperQuery, frozen=True, tag="jobs"):
    """Jobs that meet all of these conditions, the newest first."""

    state: JobState | None = None
    type: str | None = None
    requester_id: str | None = None
    batch: str | None = None
    since: int | None = None  # created then or later
    after: Position | None = None
    limit: int = DEFAULT_LIMIT
    with_places: bool = False  # for a caller that merges the pages of several keepers


class DecisionQuery(KeeperQuery, frozen=True, tag="decisions"):
    """Questions that are open, the newest first."""

    requester_id: str | None = None
    after: Position | None = None
    limit: int = DEFAULT_LIMIT
    with_places: bool = False


class CountQuery(KeeperQuery, frozen=True, tag="count"):
    """How many jobs of a requester have not ended; the count stops at `most`."""

    requester_id: str
    most: int


class RecentQuery(KeeperQuery, frozen=True, tag="recent"):
    """The newest jobs of a requester that were created after a moment, `most` of them."""

    requester_id: str
    since: int
    most: int
    with_times: bool = False  # also return when each was created


class StateCountQuery(KeeperQuery, frozen=True, tag="states"):
    """How many jobs of a batch are in each state."""

    batch: str


class TreeQuery(KeeperQuery, frozen=True, tag="tree"):
    """The promises of one job."""

    job_id: str


class NumbersQuery(KeeperQuery, frozen=True, kw_only=True, tag="numbers"):
    """Figures of the jobs that were created in a stretch of time. The answer is Numbers."""

    since: int
    until: int  # created before
    period: Period
    requester_id: str | None = None


MAX_COUNT: Final = 10_000  # jobs that a query counts at most

type AnyQuery = JobQuery | DecisionQuery | CountQuery | RecentQuery | StateCountQuery | TreeQuery | NumbersQuery


class Rows[R](ApiValue, frozen=True):
    """The answer to JobQuery, with JobSummary, or to DecisionQuery, with OpenDecision."""

    rows: tuple[R, ...]
    after: Position | None = None  # where the next page begins
    places: tuple[Position, ...] | None = None  # the rows' places, if the query asks for them; two may share one


class JobCount(ApiValue, frozen=True):
    """The answer to CountQuery."""

    count: int


class RecentJobs(ApiValue, frozen=True):
    """The answer to RecentQuery; times are those of the newest first."""

    count: int
    times: tuple[int, ...] = ()


class StateCounts(ApiValue, frozen=True):
    """The answer to StateCountQuery.

    States without a job are left out; for a large batch only the newest jobs are counted.
    """

    counts: dict[JobState, int]


class TreeNode(ApiValue, frozen=True):
    """A promise of a job. It has no argument and no value: they may be large or secret."""

    id: str
    state: str
    created_at: int
    timeout_at: int
    settled_at: int | None = None
    name: str | None = None  # the name of the call that made it


class JobTree(ApiValue, frozen=True):
    """The answer to TreeQuery, the oldest promise first. For a very large job the list is incomplete."""

    promises: tuple[TreeNode, ...]
    is_complete: bool = True
