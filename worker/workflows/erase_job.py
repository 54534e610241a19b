"""Erase a job: delete what it has stored, and once more after the last of its steps must have ended.

A job that is canceled may have steps under way on other workers, which write a moment later. The promise of this
workflow is the record that the job is erased: it stays as long as the server's history.
"""

from datetime import timedelta
from typing import Final

from contract.ended_jobs import EndedJobRef, Erasure
from contract.names import ERASE_JOB, ERASE_JOB_VERSION
from durable import Context, workflow
from worker.steps.erasure import ErasureSteps
from worker.steps.ports import Ports

from .patient_retries import PATIENT_RETRY

_LATE_WRITES: Final = timedelta(hours=2)  # the longest step takes one


class ErasureWorkflow:
    """`erase_job` is the workflow."""

    def __init__(self, ports: Ports) -> None:
        self.steps: Final = ErasureSteps(ports)

    @workflow(name=ERASE_JOB, version=ERASE_JOB_VERSION)
    async def erase_job(self, ctx: Context, job: EndedJobRef) -> Erasure:
        """Erase one job that has ended."""
        await PATIENT_RETRY.run(ctx, self.steps.end_parts, job)
        first = await PATIENT_RETRY.run(ctx, self.steps.erase_objects, job)
        await ctx.sleep(_LATE_WRITES)
        late = await PATIENT_RETRY.run(ctx, self.steps.erase_objects, job)
        return Erasure(objects=first + late)
