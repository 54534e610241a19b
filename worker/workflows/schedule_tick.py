"""Start the job of one time of a schedule. The server creates the promise of this workflow at that time."""

from typing import Final

from contract.job import DocumentJob
from contract.names import START_SCHEDULED_JOB, START_SCHEDULED_JOB_VERSION
from durable import Backoff, Context, DurableRetry, workflow
from worker.steps.ports import Jobs
from worker.steps.scheduled_job import ScheduledJobSteps

# The job's cell may be down. Only the lifetime of this workflow ends the attempts.
_RETRY: Final = DurableRetry(backoff=Backoff(first=5.0, factor=2.0, cap=600.0), every_error=True)


class ScheduledJobWorkflow:
    """`start_scheduled_job` is the workflow."""

    def __init__(self, group: str, cell_jobs: Jobs | None = None) -> None:
        self.steps: Final = ScheduledJobSteps(group, cell_jobs)

    @workflow(name=START_SCHEDULED_JOB, version=START_SCHEDULED_JOB_VERSION)
    async def start_scheduled_job(self, ctx: Context, job: DocumentJob) -> str:
        """Start the job, and return its id."""
        return await _RETRY.run(ctx, self.steps.start_job, ctx.info.id, job)
