"""Start the job of one time of a schedule. The server creates the promise of this workflow at that time."""

from typing import Final

from contract.job import DocumentJob
from contract.names import START_SCHEDULED_JOB, START_SCHEDULED_JOB_VERSION
from durable import Context, workflow
from worker.steps.ports import Jobs
from worker.steps.scheduled_job import ScheduledJobSteps

from .patient_retries import OUTAGE_RETRY


class ScheduledJobWorkflow:
    """`start_scheduled_job` is the workflow."""

    def __init__(self, group: str, cell_jobs: Jobs | None = None) -> None:
        self.steps: Final = ScheduledJobSteps(group, cell_jobs)

    @workflow(name=START_SCHEDULED_JOB, version=START_SCHEDULED_JOB_VERSION)
    async def start_scheduled_job(self, ctx: Context, job: DocumentJob) -> str:
        """Start the job, and return its id."""
        return await OUTAGE_RETRY.run(ctx, self.steps.start_job, ctx.info.id, job)
