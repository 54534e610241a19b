"""The whole workflow with a real server, worker, web server and documents, and folders as store and outbox."""

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
from contract.job import DocumentJob, DocumentType
from contract.names import DOCUMENTS_ADDRESS, PROCESS_DOCUMENT, VERSION, Step, promise_id
from contract.notice import Notice, Outcome
from contract.reading import Pages
from contract.result import DocumentResult, StoredResult
from durable import StepEvent, StepEventKind
from durable.wire.client import Client
from durable.wire.records import Promise
from lambdas.trigger.status import status_of
from local import samples
from local.server_process import ServerProcess
from tests.calls import start_request
from tests.conftest import BOTH_SERVERS
from tests.waiting import wait_until
from tests.worker import documents
from tests.worker.document_site import Site
from worker.bootstrap import open_ports, worker_process
from worker.settings import Settings


@dataclass
class PipelineLab:
    """A server, and a folder with the store and the outbox of the worker."""

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
        """Run these jobs with one worker; return their settled promises and the step events."""
        events: list[StepEvent] = []
        settings = self.settings
        worker = worker_process(settings, replace(open_ports(settings), **ports), on_step_event=events.append)

        async def serve_until_settled() -> list[Promise]:
            serving = asyncio.create_task(worker.serve())
            try:
                settled = await asyncio.to_thread(self._run_jobs, jobs)
                await asyncio.to_thread(wait_until, lambda: self._is_told(jobs), "not every job has its notice")
                return settled
            finally:
                worker.stop()
                await serving

        return asyncio.run(serve_until_settled()), events

    def _run_jobs(self, jobs: Sequence[DocumentJob]) -> list[Promise]:
        client = Client(self.server.url)
        for job in jobs:
            client.create(
                start_request(promise_id(job.job_id), PROCESS_DOCUMENT, job, target=DOCUMENTS_ADDRESS, version=VERSION)
            )

        def find_settled() -> list[Promise] | None:
            promises = [client.get(promise_id(job.job_id)) for job in jobs]
            return None if any(promise.state == "pending" for promise in promises) else promises

        try:
            return wait_until(find_settled, lambda: "not every job has ended")
        finally:
            client.close()

    def _is_told(self, jobs: Sequence[DocumentJob]) -> bool:
        """Whether each job has its notice."""
        told = {file.stem.partition(".")[0] for file in (self.folder / "outbox").glob("*.json")}
        return told >= {job.job_id for job in jobs}

    def read_object(self, job: DocumentJob, name: str) -> str:
        """Return the text of a job's object."""
        return (self.folder / "store" / "jobs" / job.job_id / name).read_text()

    def read_text(self, job: DocumentJob) -> str:
        """Return the text of a job's document, as JSON."""
        [file] = (self.folder / "store" / "jobs" / job.job_id).glob("text-*.json")
        return file.read_text()

    def load_notice(self, job: DocumentJob, outcome: Outcome) -> Notice:
        """Return the notice of a job."""
        return Notice.model_validate_json((self.folder / "outbox" / f"{job.job_id}.{outcome}.json").read_text())


def value_of(promise: Promise) -> Any:  # noqa: ANN401 any JSON value
    """Return the value of a settled promise."""
    assert promise.value.data
    return json.loads(b64decode(promise.value.data))


@pytest.fixture
def pipeline_lab(server: ServerProcess, site: Site, tmp_path: Path) -> PipelineLab:
    """A server of each kind, a web server and a folder."""
    return PipelineLab(server, site, tmp_path / "pipeline_lab")


def job_for(pipeline_lab: PipelineLab, kind: DocumentType, content: bytes) -> DocumentJob:
    """Return a job for this document, which the web server serves."""
    url = pipeline_lab.site.serve(f"{kind}.pdf", content)
    return DocumentJob(job_id=f"job-{kind}", document_url=url, requester_id="client", type=kind)


@BOTH_SERVERS
def test_three_documents_become_three_results(pipeline_lab: PipelineLab) -> None:
    """A digital invoice, a scanned contract and a report of four pages; each step runs once, in order."""
    jobs = [
        job_for(pipeline_lab, DocumentType.INVOICE, samples.make_invoice()),
        job_for(pipeline_lab, DocumentType.CONTRACT, samples.make_contract()),
        job_for(pipeline_lab, DocumentType.REPORT, samples.make_report()),
    ]
    promises, events = pipeline_lab.work(jobs)
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
        assert StoredResult.model_validate_json(pipeline_lab.read_object(job, "result.json")) == StoredResult(
            **dict(result)
        )
        pages = Pages.model_validate_json(pipeline_lab.read_text(job)).pages
        for found in result.evidence.values():
            assert " ".join(found.quote.split()) in " ".join(pages[found.page - 1].text.split())
        notice = pipeline_lab.load_notice(job, Outcome.DONE)
        assert notice.stored_at == result.stored_at
        assert notice.at >= result.notified_at
        done = [
            event.step
            for event in events
            if event.kind is StepEventKind.DONE and event.promise_id == promise_id(job.job_id)
        ]
        assert done == ["begin", *Step]


def test_a_bad_document_fails_its_job_and_sends_a_notice(pipeline_lab: PipelineLab) -> None:
    content = documents.make_pdf("secret", password="pw")  # noqa: S106 that is the test
    missing = DocumentJob(job_id="missing", document_url=f"{pipeline_lab.site.url}/no", requester_id="client")
    jobs = [job_for(pipeline_lab, DocumentType.REPORT, content), missing]
    promises, events = pipeline_lab.work(jobs)
    assert [promise.state for promise in promises] == ["rejected"] * 2
    expected = [(Code.ENCRYPTED, Step.EXTRACT), (Code.NOT_FOUND, Step.DOWNLOAD)]
    for promise, job, (code, step) in zip(promises, jobs, expected, strict=True):
        error = json.loads(value_of(promise)["message"])
        assert (error["code"], error["step"], error["retry"]) == (code, step, False)
        assert pipeline_lab.load_notice(job, Outcome.FAILED).code == code
        steps = [(event.step, event.kind) for event in events if event.promise_id == promise_id(job.job_id)]
        assert steps[-1] == (Step.NOTIFY, StepEventKind.DONE)
        assert steps.count((step, StepEventKind.FAILED)) == 1


def test_a_notice_of_an_unexpected_error_has_no_more_details_than_the_status(pipeline_lab: PipelineLab) -> None:
    """The text of the error may name paths and hosts, so only the worker's log has it."""
    job = job_for(pipeline_lab, DocumentType.INVOICE, samples.make_invoice())
    readings: list[float] = []

    def clock() -> float:
        readings.append(time.time())
        if len(readings) <= 3:  # every try of the first step
            raise OSError("/srv/private/clock is not there")
        return readings[-1]

    [promise], events = pipeline_lab.work([job], now=clock)
    status, notice = status_of(promise, job.job_id), pipeline_lab.load_notice(job, Outcome.FAILED)
    assert isinstance(status, Failed)
    assert (status.error.code, status.error.step) == ("unexpected", None)
    assert (notice.code, notice.message) == (status.error.code, status.error.message)
    assert "/srv/private" in str([event.message for event in events])


def test_a_job_that_works_too_long_fails_and_sends_a_notice(pipeline_lab: PipelineLab) -> None:
    """The deadline stops any step but the notice."""
    job = job_for(pipeline_lab, DocumentType.INVOICE, samples.make_invoice())
    [promise], events = pipeline_lab.work([job], max_work_seconds=-1)
    error = json.loads(value_of(promise)["message"])
    assert (error["code"], error["step"], error["retry"]) == ("work_deadline", Step.DOWNLOAD, False)
    assert pipeline_lab.load_notice(job, Outcome.FAILED).code == "work_deadline"
    steps = [(event.step, event.kind) for event in events if event.promise_id == promise_id(job.job_id)]
    assert (Step.DOWNLOAD, StepEventKind.STARTED) not in steps
    assert steps[-1] == (Step.NOTIFY, StepEventKind.DONE)
