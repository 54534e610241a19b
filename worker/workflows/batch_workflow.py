"""Create the jobs of a batch, or cancel them: slice by slice, so that a run that resumes does no slice again.

The request is answered before the first job is created. Then any worker creates the jobs, each once.
"""

from typing import Final

from contract.batches import BatchOrder, BatchReceipt
from contract.names import CANCEL_BATCH, CANCEL_BATCH_VERSION, SUBMIT_BATCH, SUBMIT_BATCH_VERSION
from durable import Context, workflow
from worker.steps.batch_jobs import BatchSteps
from worker.steps.ports import Ports

from .patient_retries import OUTAGE_RETRY

SLICE_SIZE: Final = 100  # jobs of a step; a new size makes another sequence of steps, and needs a new version


class BatchWorkflow:
    """`submit_batch` and `cancel_batch` are the workflows."""

    def __init__(self, ports: Ports, *, group: str, slice_size: int = SLICE_SIZE) -> None:
        self.steps: Final = BatchSteps(ports, group, slice_size)
        self._slice_size: Final = slice_size

    @workflow(name=SUBMIT_BATCH, version=SUBMIT_BATCH_VERSION)
    async def submit_batch(self, ctx: Context, order: BatchOrder) -> BatchReceipt:
        """Create the jobs."""
        existing, refused = list[str](), list[str]()
        for first in range(0, order.count, self._slice_size):
            receipt = await OUTAGE_RETRY.run(ctx, self.steps.submit_jobs, order, first)
            existing += receipt.existing
            refused += receipt.refused
        return BatchReceipt(existing=existing, refused=refused)

    @workflow(name=CANCEL_BATCH, version=CANCEL_BATCH_VERSION)
    async def cancel_batch(self, ctx: Context, order: BatchOrder) -> None:
        """Cancel the jobs that have not ended."""
        await OUTAGE_RETRY.run(ctx, self.steps.stop_submitting, order)
        for first in range(0, order.count, self._slice_size):
            await OUTAGE_RETRY.run(ctx, self.steps.cancel_jobs, order, first)
