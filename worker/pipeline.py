"""The workflow of a document: five steps in the time that there is for them, and a notice of how it ended.

One of the five, extract, has parts that run elsewhere when there is much to read: `extraction.py`.

A notice that cannot be sent fails the job, because a requester who waits for it must be able to see why. A job that is
canceled, or that nobody runs by its promise's deadline, runs nothing any more: `endings.py` tells of it.
"""

from contextlib import suppress
from typing import Final

from resonate.context import Context
from resonate.error import ApplicationError

from contract.job import DocumentJob
from contract.names import PROCESS_DOCUMENT, VERSION
from contract.result import Analysis, DocumentResult, Ending, Notified, Original, Outcome, Stored, StoredResult, Text
from durable.deadline import work_until
from durable.errors import JobError, error_of
from durable.retry import Retry
from durable.step import step
from durable.workflow import Workflow, workflow

from .extraction import Extraction
from .ports import Ports
from .steps.analyze import analyze_document
from .steps.download import download_document
from .steps.notify import notify_requester
from .steps.store import store_results

_MINUTE: Final = 60.0
_PATIENT: Final = Retry(attempts=6, first=1.0, cap=30.0)  # half a minute: a server restarts, a limit passes


def document_workflow(ports: Ports, extraction: Extraction) -> Workflow[[DocumentJob], DocumentResult]:
    """Return the workflow, with steps that reach the world through these ports."""

    @step(timeout=_MINUTE)  # its checkpoint is when the work began, whoever goes on with it
    async def begin() -> float:
        return ports.clock() + ports.most_seconds

    @step(timeout=15 * _MINUTE, retry=_PATIENT)  # 50 MB at 60 kB/s
    async def download(job: DocumentJob) -> Original:
        return await download_document(job, read=ports.read, store=ports.store, most=ports.most_bytes)

    @step(timeout=15 * _MINUTE, retry=_PATIENT)
    async def analyze(job: DocumentJob, text: Text) -> Analysis:
        return await analyze_document(job, text, analyzer=ports.analyzer, store=ports.store)

    @step(timeout=2 * _MINUTE, retry=_PATIENT)
    async def store(job: DocumentJob, text: Text, analysis: Analysis) -> Stored:
        return await store_results(job, text, analysis, store=ports.store)

    @step(timeout=_MINUTE, retry=_PATIENT)
    async def notify(job: DocumentJob, ending: Ending) -> Notified:
        return await notify_requester(job, ending, send=ports.send, store=ports.store, clock=ports.clock)

    @workflow(name=PROCESS_DOCUMENT, version=VERSION)
    async def process_document(ctx: Context, job: DocumentJob) -> DocumentResult:
        try:
            until = await ctx.run(begin)
            with work_until(until):
                original = await ctx.run(download, job)
                text = await extraction(ctx, job, original, until)
                analysis = await ctx.run(analyze, job, text)
                stored = await ctx.run(store, job, text, analysis)
        except ApplicationError as exc:
            with suppress(ApplicationError):  # its own step tells of it; the job fails with what it failed with
                await ctx.run(notify, job, _failed(error_of(exc)))
            raise
        notified = await ctx.run(notify, job, Ending(outcome=Outcome.DONE, stored_at=stored.stored_at))
        result = StoredResult.of(job, text, analysis, stored.stored_at)
        return DocumentResult.told(result, notified.notified_at)

    return process_document


def _failed(error: JobError) -> Ending:
    return Ending(outcome=Outcome.FAILED, code=error.code, message=error.message)
