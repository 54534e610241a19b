"""The port of the keeper's queries about jobs. A server without a SQL database would need another adapter.

With several servers, the trigger merges the pages of all by the places of their rows; each page says where the next one
begins.
"""

from typing import Protocol

from contract.job_lists import JobSummary, OpenDecision
from contract.keeper import (
    CountQuery,
    DecisionQuery,
    JobCount,
    JobQuery,
    JobTree,
    NumbersQuery,
    RecentJobs,
    RecentQuery,
    Rows,
    StateCountQuery,
    StateCounts,
    TreeQuery,
)
from contract.numbers import Numbers


class JobIndex(Protocol):
    """Answers from the server's records, each in a time that does not grow with their number.

    Raises UnavailableError or AbortedError.
    """

    async def list_jobs(self, query: JobQuery) -> Rows[JobSummary]:
        """Return a page of jobs."""

    async def list_decisions(self, query: DecisionQuery) -> Rows[OpenDecision]:
        """Return a page of open questions."""

    async def count_open(self, query: CountQuery) -> JobCount:
        """Count a requester's jobs that have not ended."""

    async def list_recent(self, query: RecentQuery) -> RecentJobs:
        """Count a requester's newest jobs, or return when they were created."""

    async def count_states(self, query: StateCountQuery) -> StateCounts:
        """Count the jobs of a batch by state."""

    async def read_tree(self, query: TreeQuery) -> JobTree:
        """Return the promises of a job."""

    async def read_numbers(self, query: NumbersQuery) -> Numbers:
        """Return figures of the jobs that were created in a stretch of time."""
