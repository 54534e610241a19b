"""Estimate time and cost of a job without starting it: a workflow of one step, which stores and pays nothing.

The document is downloaded with the same checks as in a job, surveyed, and deleted. An estimate fails with the same
document errors as the job would.
"""

import math
from typing import Final

from contract.costs import Estimate
from contract.job import DocumentJob
from contract.names import ESTIMATE_DOCUMENT, ESTIMATE_DOCUMENT_VERSION
from durable import Context, Retry, step, workflow
from worker.adapters.object_store import write_file
from worker.adapters.temporary_folder import temporary_folder
from worker.steps.document_stream import open_document
from worker.steps.estimate import estimate
from worker.steps.ports import Ports

# The client waits for twelve seconds, and gets the estimate on its next request. A slow download occupies a worker.
_TIMEOUT_SECONDS: Final = 20.0
_NO_RETRY: Final = Retry(attempts=1)  # the client retries


class EstimateWorkflow:
    """`estimate_document` is the workflow."""

    def __init__(self, ports: Ports) -> None:
        self._ports: Final = ports

    @workflow(name=ESTIMATE_DOCUMENT, version=ESTIMATE_DOCUMENT_VERSION)
    async def estimate_document(self, ctx: Context, job: DocumentJob) -> Estimate:
        """Estimate one job."""
        return await ctx.run(self.survey_document, job)

    @step(timeout=_TIMEOUT_SECONDS, retry=_NO_RETRY)
    async def survey_document(self, job: DocumentJob) -> Estimate:
        """Survey the document in a temporary folder."""
        meter, rates = self._ports.meter, self._ports.meter.rates
        seconds = meter.stopwatch()
        async with temporary_folder("estimate-") as folder:
            async with open_document(job, self._ports) as (media_type, pieces):
                file = folder / f"original.{media_type.extension}"
                await write_file(file, pieces)
            download, survey = seconds(), meter.stopwatch()
            scan = await self._ports.reader.scan_text_layers(file, media_type, password=job.document_password)
        prompt_tokens = rates.prompt_tokens_of(job.type)
        estimated = estimate(media_type, scan, rates, download=download, survey=survey(), prompt_tokens=prompt_tokens)
        return estimated.model_copy(update={"would_wait": _would_wait(job, estimated)})


def _would_wait(job: DocumentJob, estimated: Estimate) -> bool:
    """Whether the job has a limit, and its estimated cost is higher or unknown."""
    limit = math.inf if job.max_cost_usd is None else job.max_cost_usd
    return limit < math.inf and (estimated.cost_usd is None or estimated.cost_usd > limit)
