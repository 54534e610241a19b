"""A job outlives the days in which no worker runs, or its store is away; its notice outlives its channel's.

The workflow, its steps, store and outbox are real; server and time are those of the test, so that days pass at once.
"""

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from contract.names import DOCUMENTS, NOTICES, PAGES, ending_id, promise_id
from contract.notice import EndedJob
from contract.result import DocumentResult
from durable import Step, Workflow
from durable.testing import HANGING, Job, WorkflowTest
from tests.worker.certified import JOB, ReaderOfScans, analyze
from tests.worker.documents import make_pdf
from tests.worker.fake_ports import make_ports
from worker.adapters.channels import open_channel
from worker.adapters.object_store import Store
from worker.workflows.document import DocumentWorkflow
from worker.workflows.ending import EndingWorkflow

DAY_SECONDS = 86_400.0
SCANNED_PAGES = 12  # so many that other workers read them, in three batches
type Open = Callable[..., WorkflowTest]


async def read_document(_url: str) -> AsyncGenerator[bytes]:
    yield make_pdf("a page")


class Scan:
    """A job for a scan, in a folder with the store and the outbox."""

    def __init__(self, folder: Path, open_test: Open) -> None:
        self.store, self.outbox = folder / "store", folder / "outbox"
        ports = make_ports(
            Store.open(self.store.as_uri()),
            read=read_document,
            reader=ReaderOfScans(SCANNED_PAGES),
            analyzer=analyze,
            send=open_channel(self.outbox.as_uri()),
            max_work_seconds=DAY_SECONDS,
        )
        self.flow = DocumentWorkflow(ports, pages_group=PAGES, chunks_group="chunks", notices_group=NOTICES)
        self.notify = EndingWorkflow(ports).notify_ending
        self.read_pages = self.flow.extract.read_pages
        self.test = open_test(groups=self.groups)

    @property
    def groups(self) -> dict[str, list[Workflow[..., Any]]]:
        """The workflows of all workers."""
        pages = self.read_pages.workflow
        return {DOCUMENTS: [self.flow.process_document, pages], PAGES: [pages], NOTICES: [self.notify]}

    def start(self) -> Job[DocumentResult]:
        """Start the job."""
        return self.test.start_as(promise_id(JOB.job_id), self.flow.process_document, JOB)

    def wait_for_notice(self) -> None:
        """Let time pass until the notice is sent."""
        ended = EndedJob(job_id=JOB.job_id, requester_id=JOB.requester_id, type=JOB.type)
        self.test.start_as(ending_id(JOB.job_id), self.notify, ended).result()


@pytest.fixture
def scan(tmp_path: Path, workflow_test: Open) -> Scan:
    return Scan(tmp_path, workflow_test)


@contextmanager
def take_away(folder: Path) -> Iterator[None]:
    """Let a file stand in for the folder inside the block: nothing can be read or written."""
    hidden = folder.rename(folder.with_name("hidden"))
    folder.write_text("not a folder")
    yield
    folder.unlink()
    hidden.rename(folder)


@pytest.mark.parametrize("step", ["extract", "read_batch", "store"])
def test_a_job_outlives_a_weekend_without_workers(scan: Scan, step: str) -> None:
    """Its day of work is long over when a worker takes it up again, in the middle of a step or of its parts."""
    steps: dict[str, Step[..., Any]] = {
        "extract": scan.flow.extract.steps.extract,
        "read_batch": scan.flow.extract.steps.read_batch,
        "store": scan.flow.steps.store,
    }
    scan.test.replace(steps[step], HANGING)
    job = scan.start()
    scan.test.pass_time(seconds=1)
    assert job.state == "pending"
    scan.test.deploy(groups={group: [] for group in scan.groups})  # workers that know no workflow are as good as none
    scan.test.pass_time(days=2.5)
    scan.test.replace(steps[step], steps[step].body)
    scan.test.deploy(groups=scan.groups)
    assert job.result().page_count == 1 + SCANNED_PAGES


@pytest.mark.parametrize("hours", [1, 20])
def test_a_store_that_is_away_is_waited_for_until_the_work_deadline(scan: Scan, hours: int) -> None:
    with take_away(scan.store):
        job = scan.start()
        scan.test.pass_time(hours=hours)
        assert job.state == "pending"
    assert job.result().page_count == 1 + SCANNED_PAGES


def test_a_store_that_stays_away_fails_the_job_at_the_work_deadline_and_its_requester_is_told(scan: Scan) -> None:
    """The notice needs no store."""
    with take_away(scan.store):
        error = scan.start().error()
        scan.wait_for_notice()
    assert (error.code, error.step) == ("work_deadline", "download")
    assert "store_failed" in error.message
    assert [file.name for file in scan.outbox.iterdir()] == [f"{JOB.job_id}.failed.json"]


@pytest.mark.parametrize("days", [1, 20])
def test_a_job_is_done_while_its_channel_is_away_and_told_once_it_is_back(scan: Scan, days: int) -> None:
    with take_away(scan.outbox):
        began = scan.test.now
        assert scan.start().result().page_count == 1 + SCANNED_PAGES
        assert scan.test.now - began < DAY_SECONDS
        scan.test.pass_time(days=days)
    scan.wait_for_notice()
    assert scan.test.now - began < (days + 1) * DAY_SECONDS
    assert [file.name for file in scan.outbox.iterdir()] == [f"{JOB.job_id}.done.json"]
