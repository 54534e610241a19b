"""The whole workflow with real parts: a server, a worker, a web server, documents, a folder as store and outbox."""

import asyncio
import json
import time
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from contract.answers import Failed
from contract.codes import Code
from contract.ending import Notice, Outcome
from contract.job import DocumentJob, DocumentType
from contract.names import DOCUMENTS_ADDRESS, PROCESS_DOCUMENT, VERSION, Step, promise_id
from contract.reading import Pages
from contract.result import DocumentResult, StoredResult
from durable import StepEvent, StepEventKind
from lambdas.trigger.status import status_of
from local import samples
from local.server_process import ServerProcess
from tests.calls import start_request
from tests.waiting import wait_until
from tests.worker import documents
from tests.worker.document_site import Site
from wire.client import Client
from wire.records import Promise
from worker.bootstrap import open_ports, worker_process
from worker.settings import Settings


@dataclass
class PipelineLab:
    """A server, and a folder where the worker keeps and tells what it did."""

    server: ServerProcess
    site: Site
    folder: Path

    @property
    def settings(self) -> Settings:
        """The worker's settings."""
        return Settings.from_env(
            {
                "RESONATE_URL": self.server.url,
                "STORE_URL": (self.folder / "store").as_uri(),
                "NOTIFY_URL": (self.folder / "outbox").as_uri(),
                "ALLOWED_HOSTS": self.site.host,
            }
        )

    def work(self, jobs: Sequence[DocumentJob], **ports: Any) -> tuple[list[Promise], list[StepEvent]]:  # noqa: ANN401 any
        """Have a worker do these jobs, and return how they ended and what it told of them."""
        entries: list[StepEvent] = []
        settings = self.settings
        worker = worker_process(settings, replace(open_ports(settings), **ports), on_step_event=entries.append)

        async def until_done() -> list[Promise]:
            working = asyncio.create_task(worker.serve())
            try:
                return await asyncio.to_thread(self._settled, jobs)
            finally:
                worker.stop()
                await working

        return asyncio.run(until_done()), entries

    def _settled(self, jobs: Sequence[DocumentJob]) -> list[Promise]:
        client = Client(self.server.url)
        for job in jobs:
            client.create(
                start_request(promise_id(job.job_id), PROCESS_DOCUMENT, job, target=DOCUMENTS_ADDRESS, version=VERSION)
            )

        def settled() -> list[Promise] | None:
            promises = [client.get(promise_id(job.job_id)) for job in jobs]
            return None if any(promise.state == "pending" for promise in promises) else promises

        try:
            return wait_until(settled, lambda: "not every job has ended", 120)
        finally:
            client.close()

    def object(self, job: DocumentJob, name: str) -> str:
        """Return an object of a job."""
        return (self.folder / "store" / "jobs" / job.job_id / name).read_text()

    def text(self, job: DocumentJob) -> str:
        """Return the text of a job's document."""
        [file] = (self.folder / "store" / "jobs" / job.job_id).glob("text-*.json")
        return file.read_text()

    def notice(self, job: DocumentJob, outcome: Outcome) -> Notice:
        """Return what was told of a job."""
        return Notice.model_validate_json((self.folder / "outbox" / f"{job.job_id}.{outcome}.json").read_text())


def value_of(promise: Promise) -> Any:  # noqa: ANN401 whatever it was settled with
    """Return what a promise was settled with."""
    assert promise.value.data
    return json.loads(b64decode(promise.value.data))


@pytest.fixture
def pipeline_lab(server: ServerProcess, site: Site, tmp_path: Path) -> PipelineLab:
    """A server of each kind, a web server and a folder."""
    return PipelineLab(server, site, tmp_path / "pipeline_lab")


def job_for(pipeline_lab: PipelineLab, kind: DocumentType, content: bytes) -> DocumentJob:
    """Return a job for a document, which the web server has."""
    url = pipeline_lab.site.serve(f"{kind}.pdf", content)
    return DocumentJob(job_id=f"job-{kind}", document_url=url, requester_id="client", type=kind)


def test_three_documents_become_three_results(pipeline_lab: PipelineLab) -> None:
    """A digital invoice, a scanned contract, a report of four pages; each step of each once, in its order."""
    jobs = [
        job_for(pipeline_lab, DocumentType.INVOICE, samples.make_invoice()),
        job_for(pipeline_lab, DocumentType.CONTRACT, samples.make_contract()),
        job_for(pipeline_lab, DocumentType.REPORT, samples.make_report()),
    ]
    promises, entries = pipeline_lab.work(jobs)
    assert [promise.state for promise in promises] == ["resolved"] * 3, [value_of(promise) for promise in promises]
    results = [DocumentResult.model_validate(value_of(promise)) for promise in promises]
    assert [result.page_count for result in results] == [1, 1, 4]
    assert [result.extracted_data for result in results] == [
        {
            "vendor": "Brightwater Logistics Ltd",
            "number": "INV-2026-00417",
            "date": "2026-03-14",
            "amount": 3703.87,
            "currency": "EUR",
            "net": 3112.5,
            "tax": 591.37,
        },
        {"parties": ["Halden Instruments GmbH", "Quillon & Sons LLC"], "expires": "2028-01-31"},
        {"period": "Q3 2026", "metrics": {"revenue": 12_400_000.0, "operating_margin": 8.1}},
    ]
    for job, result in zip(jobs, results, strict=True):
        assert StoredResult.model_validate_json(pipeline_lab.object(job, "result.json")) == StoredResult(**dict(result))
        pages = Pages.model_validate_json(pipeline_lab.text(job)).pages
        for found in result.evidence.values():
            assert " ".join(found.quote.split()) in " ".join(pages[found.page - 1].text.split())
        notice = pipeline_lab.notice(job, Outcome.DONE)
        assert (notice.at, notice.stored_at) == (result.notified_at, result.stored_at)
        done = [
            entry.step
            for entry in entries
            if entry.kind is StepEventKind.DONE and entry.promise_id == promise_id(job.job_id)
        ]
        assert done == ["begin", *Step]


def test_a_bad_document_fails_its_job_and_that_is_told(pipeline_lab: PipelineLab) -> None:
    content = documents.make_pdf("secret", password="pw")  # noqa: S106 that is the test
    missing = DocumentJob(job_id="missing", document_url=f"{pipeline_lab.site.url}/no", requester_id="client")
    jobs = [job_for(pipeline_lab, DocumentType.REPORT, content), missing]
    promises, entries = pipeline_lab.work(jobs)
    assert [promise.state for promise in promises] == ["rejected"] * 2
    expected = [(Code.ENCRYPTED, Step.EXTRACT), (Code.NOT_FOUND, Step.DOWNLOAD)]
    for promise, job, (code, step) in zip(promises, jobs, expected, strict=True):
        error = json.loads(value_of(promise)["message"])
        assert (error["code"], error["step"], error["retry"]) == (code, step, False)
        assert pipeline_lab.notice(job, Outcome.FAILED).code == code
        told = [(entry.step, entry.kind) for entry in entries if entry.promise_id == promise_id(job.job_id)]
        assert told[-1] == (Step.NOTIFY, StepEventKind.DONE)
        assert told.count((step, StepEventKind.FAILED)) == 1


def test_a_notice_tells_no_more_of_an_error_that_nobody_foresaw_than_the_status_does(pipeline_lab: PipelineLab) -> None:
    """Its text may name paths and hosts; the worker's log has it."""
    job = job_for(pipeline_lab, DocumentType.INVOICE, samples.make_invoice())
    asked: list[float] = []

    def clock() -> float:
        asked.append(time.time())
        if len(asked) <= 3:  # every try of the first step
            raise OSError("/srv/private/clock is not there")
        return asked[-1]

    [promise], entries = pipeline_lab.work([job], now=clock)
    status, notice = status_of(promise, job.job_id), pipeline_lab.notice(job, Outcome.FAILED)
    assert isinstance(status, Failed)
    assert (status.error.code, status.error.step) == ("unexpected", None)
    assert (notice.code, notice.message) == (status.error.code, status.error.message)
    assert "/srv/private" not in pipeline_lab.object(job, "notice-failed.json")
    assert "/srv/private" in str([entry.message for entry in entries])


def test_a_job_that_worked_too_long_fails_and_that_is_told(pipeline_lab: PipelineLab) -> None:
    """Whatever it was at; the notice is no work."""
    job = job_for(pipeline_lab, DocumentType.INVOICE, samples.make_invoice())
    [promise], entries = pipeline_lab.work([job], max_work_seconds=-1)
    error = json.loads(value_of(promise)["message"])
    assert (error["code"], error["step"], error["retry"]) == ("work_deadline", Step.DOWNLOAD, False)
    assert pipeline_lab.notice(job, Outcome.FAILED).code == "work_deadline"
    told = [(entry.step, entry.kind) for entry in entries]
    assert (Step.DOWNLOAD, StepEventKind.STARTED) not in told
    assert told[-1] == (Step.NOTIFY, StepEventKind.DONE)
