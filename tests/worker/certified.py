"""Scenarios of the document's workflow for the certifier: all its steps and its store are real, its ports are fakes.

`python -m durable certify tests.worker.certified:process_scan` prints the table of one.
"""

from collections.abc import AsyncGenerator
from copy import replace
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from contract.analysis import Analysis
from contract.delivery import Delivery
from contract.delivery_log import EventName
from contract.job import DocumentJob, DocumentType
from contract.names import CHUNKS, DOCUMENTS, NOTICES, PAGES, delivery_id, ending_id, promise_id
from contract.notice import EndedJob, JobEvent, Notice
from contract.object_keys import INCOMING
from contract.reading import MediaType, PageText, TextSource
from durable import Workflow
from durable.testing import Trial, WorkflowTest
from tests.worker.documents import make_pdf
from tests.worker.fake_ports import make_ports
from worker.adapters.object_store import Store
from worker.documents.survey import TextLayerScan
from worker.steps.ports import Ports
from worker.workflows.deliver_event import DeliveryWorkflow
from worker.workflows.document import DocumentWorkflow
from worker.workflows.ending import EndingWorkflow

JOB = DocumentJob(job_id="j1", document_url="https://example.org/a.pdf", requester_id="ada", type=DocumentType.REPORT)


JOB_WITH_RECEIVER = replace(JOB, callback_url="https://example.org/events")
EVENTS = (f"{JOB.job_id}.accepted", f"{JOB.job_id}.done")
# A test waits for deliveries by their ids: their requests are those that the job made.
NO_DELIVERY = Delivery(url="", event=JobEvent(key="", name=EventName.DONE, job_id="x", at="", data={}))


@dataclass(frozen=True)
class ReaderOfScans:
    """Finds a text layer on the first page, and recognizes so many others."""

    unread: int

    async def scan_text_layers(self, _file: Path, _media_type: MediaType, *, password: str | None) -> TextLayerScan:
        """Return the text of the first page."""
        assert password is None
        layer = PageText(number=1, text="Page 1 says that the total is 12.00 EUR.", source=TextSource.TEXT_LAYER)
        unread = tuple(range(2, 2 + self.unread))
        return TextLayerScan(pages=1 + self.unread, layers=(layer,), unread=unread)

    async def recognize(
        self, _file: Path, _media_type: MediaType, pages: tuple[int, ...], *, password: str | None
    ) -> list[PageText]:
        """Return the text of these pages."""
        assert password is None
        return [PageText(number=n, text=f"Scanned page {n}", source=TextSource.OCR, confidence=0.9) for n in pages]


async def analyze(kind: str, pages: tuple[PageText, ...]) -> Analysis:
    """Return an analysis that depends on all pages."""
    return Analysis(analyzer="fake", summary=f"{kind}: {' '.join(page.text for page in pages)}")


def process(trial: Trial, *, unread: int, job: DocumentJob = JOB) -> tuple[Any, ...]:
    """Process a document of 1 + `unread` pages; return its result and what is stored, without times."""
    with TemporaryDirectory() as folder:
        store, tests = Store.open(Path(folder).as_uri()), list[WorkflowTest]()

        async def read(_url: str) -> AsyncGenerator[bytes]:
            trial.effects.add("downloads")
            yield make_pdf("a page")

        async def send(notice: Notice) -> None:
            trial.effects.add(f"notice {notice.outcome}", f"{notice.key} {notice.at}")

        async def post(_url: str, event: str, body: bytes) -> int:
            trial.effects.add(f"event {event}", body.decode())
            return 204

        ports: Ports = make_ports(
            store,
            post=post,
            read=read,
            reader=ReaderOfScans(unread),
            analyzer=analyze,
            send=send,
            max_work_seconds=86_400.0,
            now=lambda: tests[0].now,
        )
        flow = DocumentWorkflow(ports, pages_group=PAGES, chunks_group=CHUNKS, notices_group=NOTICES)
        notify_ending = EndingWorkflow(ports).notify_ending
        deliver_event = DeliveryWorkflow(ports).deliver_event
        parts: list[Workflow[..., Any]] = [flow.extract.read_pages.workflow, flow.analyze.read_chunks.workflow]
        groups: dict[str, list[Workflow[..., Any]]] = {
            DOCUMENTS: [flow.process_document, *parts],
            PAGES: parts[:1],
            CHUNKS: parts[1:],
            NOTICES: [notify_ending, deliver_event],
        }
        tests.append(trial.test(groups=groups))
        with tests[0] as test:
            result = test.start_as(promise_id(job.job_id), flow.process_document, job).result()
            ended = EndedJob(job_id=job.job_id, requester_id=job.requester_id, type=job.type, receiver=job.receiver)
            test.start_as(ending_id(job.job_id), notify_ending, ended).result()  # the job has started it
            for event in EVENTS if job.receiver else ():  # as above
                test.start_as(delivery_id(event), deliver_event, NO_DELIVERY).result()
        stored = sorted(str(file.relative_to(folder)) for file in Path(folder).rglob("*") if file.is_file())
    content = result.model_dump_json(exclude={"notified_at"}).replace(folder, "")
    return content, [name for name in stored if INCOMING not in name]


def process_page(trial: Trial) -> object:
    """Process a digital document."""
    return process(trial, unread=0)


def process_scan(trial: Trial) -> object:
    """Process a document whose pages are read in parts, by other workers."""
    return process(trial, unread=12)


def process_with_receiver(trial: Trial) -> object:
    """Process a digital document whose client has a receiver for its events."""
    return process(trial, unread=0, job=JOB_WITH_RECEIVER)
