"""The workflow of a document: five steps in the time that there is for them, and a notice of how it ended.

Two of the five, extract and analyze, have parts that run elsewhere when there is much to read: `extraction.py`,
`analyzing.py`.

A notice that cannot be sent fails the job, because a requester who waits for it must be able to see why. A job that is
canceled, or that nobody runs by its promise's deadline, runs nothing any more: `endings.py` tells of it.
"""

from contextlib import suppress
from typing import Final

from resonate.context import Context
from resonate.error import ApplicationError

from contract.analysis import Analysis
from contract.codes import public_message
from contract.ending import Ending, Notified, Outcome
from contract.job import DocumentJob
from contract.names import PROCESS_DOCUMENT, VERSION
from contract.reading import Original, Text
from contract.result import DocumentResult, Stored, StoredResult
from durable import JobError, Workflow, error_of, run_with_durable_retries, step, work_until, workflow
from worker.providers.retries import PATIENT
from worker.steps.download import download_document
from worker.steps.notify import notify_requester
from worker.steps.ports import Ports
from worker.steps.store import store_results

from .analysis import Analyzing
from .cost_limit import Allowance
from .extraction import Extraction

_MINUTE: Final = 60.0


def document_workflow(
    ports: Ports, extraction: Extraction, analyzing: Analyzing
) -> Workflow[[DocumentJob], DocumentResult]:
    """Return the workflow, with steps that reach the world through these ports."""

    @step(timeout=_MINUTE)  # its checkpoint is when the work began, whoever goes on with it
    async def begin() -> float:
        return ports.now() + ports.max_work_seconds

    @step(timeout=15 * _MINUTE, retry=PATIENT)  # 50 MB at 60 kB/s
    async def download(job: DocumentJob) -> Original:
        meter, most = ports.meter, ports.max_bytes
        return await download_document(job, read=ports.read, store=ports.store, most=most, meter=meter)

    @step(timeout=2 * _MINUTE, retry=PATIENT)
    async def store(job: DocumentJob, original: Original, text: Text, analysis: Analysis) -> Stored:
        return await store_results(job, original, text, analysis, store=ports.store)

    @step(timeout=_MINUTE, retry=PATIENT)
    async def notify(job: DocumentJob, ending: Ending) -> Notified:
        return await notify_requester(job, ending, send=ports.send, store=ports.store, now=ports.now)

    @workflow(name=PROCESS_DOCUMENT, version=VERSION)
    async def process_document(ctx: Context, job: DocumentJob) -> DocumentResult:
        try:
            may = Allowance(until=await ctx.run(begin), most_usd=job.max_cost_usd)
            with work_until(may.until):
                original = await run_with_durable_retries(ctx, download, job)
            text, may = await extraction(ctx, job, original, may)
            analysis, may = await analyzing(ctx, job, original, text, may)
            with work_until(may.until):
                stored = await ctx.run(store, job, original, text, analysis)
        except (ApplicationError, JobError) as exc:
            with suppress(ApplicationError):  # its own step tells of it; the job fails with what it failed with
                await ctx.run(notify, job, _failed(error_of(exc)))
            raise
        notified = await ctx.run(notify, job, Ending(outcome=Outcome.DONE, stored_at=stored.stored_at))
        result = StoredResult.of(job, text, analysis, stored.stored_at, download=original.use)
        return DocumentResult.told(result, notified.notified_at)

    return process_document


def _failed(error: JobError) -> Ending:
    return Ending(outcome=Outcome.FAILED, code=error.code, message=public_message(error.code, error.message))
