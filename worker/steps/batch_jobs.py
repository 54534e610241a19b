"""The steps of a batch: each creates, or cancels, a slice of its jobs. A repeated step finds the jobs of its first run.

The jobs are read from the object store, and their ids are known before the first is created. So a cancellation does not
wait until all jobs are created: it takes the ids of the others first.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum, auto
from typing import Final

from contract.batches import BatchJobs, BatchOrder, BatchReceipt
from contract.job import LIFETIME_SECONDS, DocumentJob
from contract.names import PROCESS_DOCUMENT, VERSION, Tag, batch_promise_id, promise_id
from contract.reading import Reference
from durable import RootPromise, WorkflowName, current_run, step
from worker.durations import MINUTE
from worker.providers.retries import STEP_RETRY

from .ports import Ports

_MAX_REQUESTS: Final = 8  # at a time
_WORKFLOW: Final = WorkflowName(name=PROCESS_DOCUMENT, version=VERSION)


class _Owner(Enum):
    """The owner of the job with an id."""

    BATCH = auto()  # this batch
    SAME_REQUEST = auto()  # a job of the same request, sent by itself or in another batch
    OTHER_REQUEST = auto()


class BatchSteps:
    """`group` is that of the workers that run the jobs."""

    def __init__(self, ports: Ports, group: str, slice_size: int) -> None:
        self._ports: Final = ports
        self._group: Final = group
        self._slice_size: Final = slice_size

    @step(timeout=5 * MINUTE, retry=STEP_RETRY)
    async def submit_jobs(self, order: BatchOrder, first: int) -> BatchReceipt:
        """Create the jobs of a slice, and return those that were there already."""
        jobs = self._ports.jobs

        async def submit(job: DocumentJob) -> tuple[str, _Owner]:
            root = self._make_root(order, job)
            return job.job_id, _find_owner(await jobs.claim(root), root)

        owners = await self._for_each_job(order, first, submit)
        return BatchReceipt(
            existing=[job_id for job_id, owner in owners if owner is _Owner.SAME_REQUEST],
            refused=[job_id for job_id, owner in owners if owner is _Owner.OTHER_REQUEST],
        )

    @step(timeout=MINUTE, retry=STEP_RETRY)
    async def stop_submitting(self, order: BatchOrder) -> None:
        """Cancel the workflow that creates the jobs. A step of it may still run."""
        await current_run().tools.promises.cancel(batch_promise_id(order.batch_id))

    @step(timeout=5 * MINUTE, retry=STEP_RETRY)
    async def cancel_jobs(self, order: BatchOrder, first: int) -> None:
        """Cancel the jobs of a slice that belong to this batch, also those that are not created yet."""
        jobs = self._ports.jobs

        async def cancel(job: DocumentJob) -> None:
            root = self._make_root(order, job)
            if _find_owner(await jobs.claim(root, is_run=False), root) is _Owner.BATCH:
                await jobs.cancel(root.id)

        await self._for_each_job(order, first, cancel)

    async def _for_each_job[R](
        self, order: BatchOrder, first: int, act: Callable[[DocumentJob], Awaitable[R]]
    ) -> list[R]:
        reference = Reference(key=order.key, size=order.size, sha256=order.sha256)
        listed = BatchJobs.from_json(await self._ports.store.read(reference))
        places = asyncio.Semaphore(_MAX_REQUESTS)

        async def act_in_turn(job: DocumentJob) -> R:
            async with places:
                return await act(job)

        some = map(act_in_turn, listed.jobs[first : first + self._slice_size])
        results = await asyncio.gather(*some, return_exceptions=True)
        # A cell that is down keeps no job of another cell from being created.
        if failure := next((one for one in results if isinstance(one, BaseException)), None):
            raise failure
        return [one for one in results if not isinstance(one, BaseException)]

    def _make_root(self, order: BatchOrder, job: DocumentJob) -> RootPromise:
        return RootPromise(
            id=promise_id(job.job_id),
            workflow=_WORKFLOW,
            args=(job,),
            tags={**job.tags(), Tag.BATCH.value: order.batch_id},
            lifetime=LIFETIME_SECONDS,
            group=self._group,
        )


def _find_owner(tags: Mapping[str, str], root: RootPromise) -> _Owner:
    """Return the owner of the promise with the root's id, by its tags."""
    if tags.get(Tag.DIGEST) != root.tags[Tag.DIGEST]:
        return _Owner.OTHER_REQUEST
    return _Owner.BATCH if tags.get(Tag.BATCH) == root.tags[Tag.BATCH] else _Owner.SAME_REQUEST
