"""What a job would take, found out without starting it: a workflow of one step, which keeps and pays nothing.

The document is downloaded with the guards of the job's own download, looked at, and forgotten. What the job would fail
with for being what it is, this fails with.
"""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from resonate.context import Context

from contract.costs import Estimate
from contract.job import DocumentJob
from contract.names import ESTIMATE_DOCUMENT, ESTIMATE_DOCUMENT_VERSION
from durable.retry import Retry
from durable.step import step
from durable.workflow import Workflow, workflow

from .costs.estimate import estimate
from .ports import Ports
from .steps.download import opened

_LONGEST: Final = 300.0  # seconds: whoever waits for it has given up before
_RETRY: Final = Retry(attempts=2)  # somebody waits, and may ask again


def estimate_workflow(ports: Ports) -> Workflow[[DocumentJob], Estimate]:
    """Return the workflow, with a step that reaches the world through these ports."""

    @step(timeout=_LONGEST, retry=_RETRY)
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
        async with opened(job, ports.read, ports.most_bytes) as (media_type, pieces):
            file = Path(folder) / f"original.{media_type.extension}"
            with await asyncio.to_thread(file.open, "wb") as out:
                async for piece in pieces:
                    out.write(piece)
        download, survey = seconds(), ports.meter.started()
        carried = await ports.reader.carried(file, media_type, password=job.document_password)
    return estimate(media_type, carried, ports.meter.rates, download=download, survey=survey())
