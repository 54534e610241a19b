"""The step of one time of a schedule: it starts the job of that time."""

from typing import Final

from msgspec import structs

from contract.job import LIFETIME_SECONDS, DocumentJob
from contract.names import PROCESS_DOCUMENT, TICK_PREFIX, VERSION, Tag, promise_id
from durable import RootPromise, WorkflowName, current_run, step
from worker.durations import MINUTE
from worker.providers.retries import STEP_RETRY

from .ports import Jobs

_WORKFLOW: Final = WorkflowName(name=PROCESS_DOCUMENT, version=VERSION)


class ScheduledJobSteps:
    """`group` is that of the workers that run the jobs, `cell_jobs` starts them if there are several servers."""

    def __init__(self, group: str, cell_jobs: Jobs | None = None) -> None:
        self._cell_jobs: Final = cell_jobs
        self._group: Final = group

    @step(timeout=MINUTE, retry=STEP_RETRY)
    async def start_job(self, tick: str, job: DocumentJob) -> str:
        """Start the job of one time, whose promise is named so, and return the job's id. A second start has no effect.

        The job has the id of its schedule.
        """
        job_id = tick.removeprefix(TICK_PREFIX)
        own = structs.replace(job, job_id=job_id)
        root = RootPromise(
            id=promise_id(job_id),
            workflow=_WORKFLOW,
            args=(own,),
            tags={**own.tags(), Tag.SCHEDULE.value: job.job_id},
            lifetime=LIFETIME_SECONDS,
            group=self._group,
        )
        await (self._cell_jobs or current_run().tools.promises).start(root)
        return job_id
