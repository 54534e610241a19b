"""What a job would take, found out without starting it: a workflow of one step, which keeps and pays nothing.

The document is downloaded with the guards of the job's own download, looked at, and forgotten. What the job would fail
with for being what it is, this fails with.
"""

import asyncio
import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from resonate.context import Context

from contract.costs import Estimate
from contract.job import DocumentJob
from contract.names import ESTIMATE_DOCUMENT, ESTIMATE_DOCUMENT_VERSION
from durable import Retry, Workflow, step, workflow
from worker.adapters.object_store import write_file
from worker.steps.download import opened
from worker.steps.estimate import estimate
from worker.steps.ports import Ports

# Seconds. Whoever asks waits for twelve, and finds it when asking again; a document that drips keeps a place meanwhile.
_LONGEST: Final = 20.0
_ONCE: Final = Retry(attempts=1)  # who asks again is who wants another try


def estimate_workflow(ports: Ports) -> Workflow[[DocumentJob], Estimate]:
    """Return the workflow, with a step that reaches the world through these ports."""

    @step(timeout=_LONGEST, retry=_ONCE)
    async def look(job: DocumentJob) -> Estimate:
        return await estimate_job(job, ports)

    @workflow(name=ESTIMATE_DOCUMENT, version=ESTIMATE_DOCUMENT_VERSION)
    async def estimate_document(ctx: Context, job: DocumentJob) -> Estimate:
        return await ctx.run(look, job)

    return estimate_document


async def estimate_job(job: DocumentJob, ports: Ports) -> Estimate:
    """Look at the document in a folder that is gone afterwards, whatever happens."""
    seconds = ports.meter.started()
    with await asyncio.to_thread(TemporaryDirectory, prefix="estimate-") as folder:
        async with opened(job, ports.read, ports.max_bytes) as (media_type, pieces):
            file = Path(folder) / f"original.{media_type.extension}"
            await write_file(file, pieces)
        download, survey = seconds(), ports.meter.started()
        carried = await ports.reader.scan_text_layers(file, media_type, password=job.document_password)
    rates = ports.meter.rates
    found = estimate(
        media_type,
        carried,
        rates,
        download=download,
        survey=survey(),
        told=rates.told_of(job.type),
    )
    return found.model_copy(update={"would_wait": _would_wait(job, found)})


def _would_wait(job: DocumentJob, found: Estimate) -> bool:
    """Whether the request's limit, if it has one, is too low for what the job would cost, or nobody knows that."""
    limit = math.inf if job.max_cost_usd is None else job.max_cost_usd
    return limit < math.inf and (found.cost_usd is None or found.cost_usd > limit)
