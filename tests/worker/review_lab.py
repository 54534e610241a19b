"""A document whose findings are reviewed, in virtual time: workflows, steps and store are real, the ports are fakes."""

from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from contract.analysis import Analysis, Evidence, Finding
from contract.job import Approval, DocumentJob, DocumentType, ReviewRule
from contract.names import CHUNKS, DOCUMENTS, NOTICES, PAGES, Step, promise_id
from contract.notice import AnyNotice, Notice, WaitNotice
from contract.progress import Wait
from contract.reading import PageText
from contract.result import DocumentResult
from durable import Workflow
from durable.testing import Job, Trial, WorkflowTest
from tests.worker.certified import ReaderOfScans
from tests.worker.documents import make_pdf
from tests.worker.fake_ports import make_ports
from worker.adapters.object_store import Store
from worker.steps.ports import NoProgress, Ports
from worker.workflows.document import DocumentWorkflow
from worker.workflows.ending import EndingWorkflow
from worker.workflows.waiting import WaitNoticeWorkflow

APPROVAL = Approval(required=ReviewRule.ALWAYS, timeout_hours=72, reminder_hours=24)
ADA = {"approve": True, "reviewer": "ada"}  # an answer


def find(
    name: str, value: str | float | tuple[str, ...], confidence: float | None, *, verified: bool = True
) -> Finding:
    """Return a finding of the fake analyzer."""
    evidence = Evidence(page=1, quote=f"{name} {value}", confidence=confidence, verified=verified)
    return Finding(field=name, value=value, evidence=evidence)


SURE = (find("amount", 12.0, 0.9), find("vendor", "Acme Ltd", 0.95))


class WaitProgress(NoProgress):
    """Keeps what jobs wait for."""

    def __init__(self) -> None:
        self.waits = list[Wait]()

    async def report_wait(self, job_id: str, step: Step, wait: Wait) -> None:  # noqa: ARG002 the port's
        """Keep it."""
        self.waits.append(wait)


@dataclass
class ReviewLab:
    """One job, and what its client is told."""

    findings: tuple[Finding, ...] = SURE
    notices: list[AnyNotice] = field(default_factory=list)
    progress: WaitProgress = field(default_factory=WaitProgress)
    is_channel_down: bool = False
    kind: DocumentType = DocumentType.INVOICE

    def __post_init__(self) -> None:
        self.tests = list[WorkflowTest]()

    async def read(self, _url: str) -> AsyncGenerator[bytes]:
        """Return the document."""
        yield make_pdf("a page")

    async def send(self, notice: AnyNotice) -> None:
        """Take a notice."""
        if self.is_channel_down:
            raise ConnectionError("down")
        self.notices.append(notice)

    async def analyze(self, _kind: str, _pages: tuple[PageText, ...]) -> Analysis:
        """Return the findings."""
        return Analysis(analyzer="fake", summary="fine", findings=self.findings)

    def make_ports(self, folder: Path) -> Ports:
        """Return the ports of the worker."""
        return make_ports(
            Store.open(folder.as_uri()),
            read=self.read,
            reader=ReaderOfScans(0),
            analyzer=self.analyze,
            send=self.send,
            progress=self.progress,
            max_work_seconds=3_600.0,
            make_link=lambda decision: f"https://api.example/decisions/{decision}/link?token=t",
            now=lambda: self.tests[0].now,
        )

    @property
    def wait_notices(self) -> list[WaitNotice]:
        """The notices of waits."""
        return [one for one in self.notices if isinstance(one, WaitNotice)]

    @property
    def stages(self) -> list[str]:
        """The stages of the notices of waits."""
        return [one.stage.value for one in self.wait_notices]

    @property
    def endings(self) -> list[Notice]:
        """The notices of ends."""
        return [one for one in self.notices if isinstance(one, Notice)]


def group_workflows(ports: Ports) -> Mapping[str, list[Workflow[..., Any]]]:
    """Return the workflows of a worker by group."""
    flow = DocumentWorkflow(ports, pages_group=PAGES, chunks_group=CHUNKS, notices_group=NOTICES)
    pages, chunks = flow.extract.read_pages.workflow, flow.analyze.read_chunks.workflow
    return {
        DOCUMENTS: [flow.process_document, pages, chunks],
        PAGES: [pages],
        CHUNKS: [chunks],
        NOTICES: [EndingWorkflow(ports).notify_ending, WaitNoticeWorkflow(ports).notify_waiting],
    }


def make_job(
    approval: Approval | None = APPROVAL, name: str = "j1", kind: DocumentType = DocumentType.INVOICE
) -> DocumentJob:
    """Return a job with a review."""
    url = "https://example.org/a.pdf"
    return DocumentJob(job_id=name, document_url=url, requester_id="ada", type=kind.value, approval=approval)


def process_reviewed(trial: Trial) -> object:
    """Scenario for the certifier: a reminder comes, and the findings are corrected after it."""
    lab = ReviewLab()
    with TemporaryDirectory() as folder:
        groups = group_workflows(lab.make_ports(Path(folder)))
        lab.tests.append(trial.test(groups=groups))
        with lab.tests[0] as test:
            job = test.start_as(promise_id("j1"), groups[DOCUMENTS][0], make_job())
            job.question()
            test.pass_time(hours=25)
            job.answer(ADA | {"corrections": {"amount": 12.5}})
            result: DocumentResult = job.result()
            test.pass_time(days=1)
    for notice in lab.notices:
        trial.effects.add(f"notice {notice.outcome}", f"{notice.key} {notice.at}")
    assert result.review is not None
    return result.extracted_data, result.review.model_dump(exclude={"at"})


@contextmanager
def start_reviewed(
    lab: ReviewLab, folder: Path, approval: Approval | None = APPROVAL
) -> Iterator[tuple[WorkflowTest, Job[DocumentResult]]]:
    """Start the job."""
    groups = group_workflows(lab.make_ports(folder))
    with WorkflowTest(groups=groups) as test:
        lab.tests.append(test)
        job = make_job(approval, kind=lab.kind)
        yield test, test.start_as(promise_id(job.job_id), groups[DOCUMENTS][0], job)
