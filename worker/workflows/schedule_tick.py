"""Start the job of one time of a schedule. The server creates the promise of this workflow at that time."""

from typing import Final

from contract.job import DocumentJob
from contract.names import START_SCHEDULED_JOB, START_SCHEDULED_JOB_VERSION
from durable import Context, workflow
from worker.steps.scheduled_job import ScheduledJobSteps


class ScheduledJobWorkflow:
    """`start_scheduled_job` is the workflow."""

    def __init__(self, group: str) -> None:
        self.steps: Final = ScheduledJobSteps(group)

    @workflow(name=START_SCHEDULED_JOB, version=START_SCHEDULED_JOB_VERSION)
    async def start_scheduled_job(self, ctx: Context, job: DocumentJob) -> str:
        """Start the job, and return its id."""
        return await ctx.run(self.steps.start_job, ctx.info.id, job)
