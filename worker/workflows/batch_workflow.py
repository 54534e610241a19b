"""Create the jobs of a batch, or cancel them: slice by slice, so that a run that resumes does no slice again.

The request is answered before the first job is created. Then any worker creates the jobs, each once.
"""

from typing import Final

from contract.batches import BatchOrder, BatchReceipt
from contract.names import CANCEL_BATCH, CANCEL_BATCH_VERSION, SUBMIT_BATCH, SUBMIT_BATCH_VERSION
from durable import Backoff, Context, DurableRetry, workflow
from worker.steps.batch_jobs import SLICE_SIZE, BatchSteps
from worker.steps.ports import Ports

# Of the object store and the server: the batch was accepted, so only its lifetime ends the attempts.
_RETRY: Final = DurableRetry(backoff=Backoff(first=5.0, factor=2.0, cap=600.0), every_error=True)


class BatchWorkflow:
    """`submit_batch` and `cancel_batch` are the workflows."""

    def __init__(self, ports: Ports, *, group: str) -> None:
        self.steps: Final = BatchSteps(ports, group)

    @workflow(name=SUBMIT_BATCH, version=SUBMIT_BATCH_VERSION)
    async def submit_batch(self, ctx: Context, order: BatchOrder) -> BatchReceipt:
        """Create the jobs."""
        existing, refused = list[str](), list[str]()
        for first in range(0, order.count, SLICE_SIZE):
            receipt = await _RETRY.run(ctx, self.steps.submit_jobs, order, first)
            existing += receipt.existing
            refused += receipt.refused
        return BatchReceipt(existing=existing, refused=refused)

    @workflow(name=CANCEL_BATCH, version=CANCEL_BATCH_VERSION)
    async def cancel_batch(self, ctx: Context, order: BatchOrder) -> None:
        """Cancel the jobs that have not ended."""
        await _RETRY.run(ctx, self.steps.stop_submitting, order)
        for first in range(0, order.count, SLICE_SIZE):
            await _RETRY.run(ctx, self.steps.cancel_jobs, order, first)
