"""Canceled and timed-out jobs get one notice each, sent as soon as a worker runs again."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from resonate.context import Context

from contract.codes import Code
from contract.job import DocumentType
from contract.names import (
    ENDING,
    JOB,
    NOTIFY_ENDING,
    NOTIFY_ENDING_VERSION,
    Tag,
    ending_id,
    promise_id,
)
from contract.notice import EndedJob, Notice, NoticeReceipt, Outcome
from durable import PeriodicTask, PromiseState, PromiseSummary, Retry, RootPromise, Workflow, step, workflow
from durable import Server as Connection
from durable.runtime import Worker
from local.server_process import ServerProcess
from tests.waiting import wait_until
from tests.worker.cancel_lab import CancelLab
from tests.worker.fake_ports import make_ports
from worker.adapters.object_store import Store
from worker.bootstrap import open_ports
from worker.steps.document import DocumentSteps
from worker.workflows.ending import EndingSearch, EndingWorkflow

JOBS = 60
SOAK_JOBS = 1_200  # more than one page of the server's search


@dataclass
class FakeServer:
    """Knows these promises, and records searches and started workflows."""

    promises: dict[PromiseState, list[PromiseSummary]] = field(default_factory=dict)
    started: list[RootPromise] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    async def find(
        self, tags: Mapping[str, str], *, state: PromiseState | None = None
    ) -> AsyncIterator[PromiseSummary]:
        """Yield the given promises and the started workflows."""
        kind = tags[Tag.KIND]
        self.asked.append(kind)
        for found in self.promises.get(state, []) if state else ():
            yield found
        for root in self.started if kind == ENDING else ():
            yield PromiseSummary(id=root.id, tags=root.tags)

    async def start(self, root: RootPromise) -> None:
        """Record it."""
        self.started.append(root)


def job_summary(job_id: str, **tags: str) -> PromiseSummary:
    """Return a job as a search finds it."""
    known = {Tag.KIND: JOB, Tag.TYPE: "invoice", Tag.REQUESTER: "client"}
    return PromiseSummary(id=promise_id(job_id), tags={str(name): value for name, value in known.items()} | tags)


@pytest.fixture
def lab(server: ServerProcess, tmp_path: Path) -> Iterator[CancelLab]:
    """A server of each kind, and a worker's folder."""
    lab = CancelLab(server, tmp_path / "lab")
    yield lab
    lab.client.close()


def test_a_job_that_ended_without_a_worker_gets_its_notice_once_one_runs(lab: CancelLab) -> None:
    """One was canceled and one timed out: each gets one notice, with its requester."""
    lab.submit("stopped")
    lab.cancel("stopped")
    lab.submit("forgotten", lifetime=1)
    lab.submit("later")
    wait_until(lambda: lab.client.get(promise_id("forgotten")).state != "pending" or None, lambda: "not timed out")
    lab.wait_for(lambda: len(lab.load_notices()) >= 3)
    notices = lab.load_notices()
    assert notices.keys() == {"stopped.canceled", "forgotten.timed_out", "later.failed"}
    stopped, forgotten = notices["stopped.canceled"], notices["forgotten.timed_out"]
    assert (stopped.outcome, stopped.code, stopped.key) == (Outcome.CANCELED, None, "stopped.canceled")
    assert (stopped.job_id, stopped.requester_id, stopped.type) == ("stopped", "client", DocumentType.INVOICE)
    assert (forgotten.outcome, forgotten.code) == (Outcome.TIMED_OUT, Code.DEADLINE)


def test_a_job_canceled_while_a_worker_runs_gets_its_notice_soon(lab: CancelLab) -> None:
    """At the next search, which every worker does by itself."""
    lab.submit("first")
    lab.cancel("first")

    def cancel_second_after_first() -> bool:
        if lab.load_notices().keys() == {"first.canceled"} and not canceled:
            lab.submit("second", address="poll://any@no-worker")  # a worker could end it before the cancellation
            lab.cancel("second")
            canceled.append("second")
        return lab.load_notices().keys() == {"first.canceled", "second.canceled"}

    canceled: list[str] = []
    lab.wait_for(cancel_second_after_first)


def test_a_notice_that_cannot_be_sent_is_retried_later(lab: CancelLab) -> None:
    """The notice is a workflow of its own with durable sleeps, so that it outlives workers."""
    lab.submit("stopped")
    lab.cancel("stopped")
    attempts: list[str] = []

    async def send(notice: Notice) -> None:
        attempts.append(notice.at)
        if len(attempts) < 8:  # three in memory, three after a sleep, one after a second sleep
            raise ConnectionError
        await ports.send(notice)

    ports = open_ports(lab.settings)
    notify = DocumentSteps(replace(ports, send=send)).notify
    quick_notify = step(timeout=60, retry=Retry(attempts=3, first=0.01))(notify.body)
    notify_ending = EndingWorkflow(quick_notify, pauses=(0.1, 0.1)).notify_ending
    task = PeriodicTask(name="ending notices", interval=60, run=EndingSearch(notify_ending))
    lab.wait_for(lab.load_notices, Worker(lab.settings.runtime, [notify_ending], periodic_tasks=[task]))
    assert len(attempts) == 8
    assert len(set(attempts)) == 1


@workflow(name=NOTIFY_ENDING, version=NOTIFY_ENDING_VERSION)
async def skip_notice(_: Context, job: EndedJob) -> NoticeReceipt:
    """Send no notice: these tests are about the search."""
    return NoticeReceipt(key=job.job_id, notified_at="never")


@pytest.mark.parametrize("count", [JOBS, pytest.param(SOAK_JOBS, marks=pytest.mark.soak)])
def test_many_canceled_jobs_get_one_notice_each(lab: CancelLab, count: int) -> None:
    """Two searches run at the same time, and both find every job."""

    def cancel(number: int) -> None:
        lab.submit(f"{number}")
        lab.cancel(f"{number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(cancel, range(count)))
    finished: list[EndingSearch] = []

    def search_task(search: EndingSearch) -> PeriodicTask:
        async def run_search(server: Connection) -> None:
            await search(server)
            finished.append(search)

        return PeriodicTask(name="ending notices", interval=60, run=run_search)

    both = [search_task(EndingSearch(skip_notice)) for _ in range(2)]
    lab.wait_for(lambda: len(finished) == 2, Worker(lab.settings.runtime, [skip_notice], periodic_tasks=both))
    assert lab.count_endings() == count


def test_a_search_asks_for_sent_notices_only_when_it_found_new_endings(tmp_path: Path) -> None:
    server = FakeServer({"rejected_canceled": [job_summary("a"), job_summary("b")]})
    search = EndingSearch(ending_workflow(tmp_path))
    asyncio.run(search(server))
    assert [root.id for root in server.started] == [ending_id("a"), ending_id("b")]
    assert server.asked == [JOB, ENDING, JOB]
    asyncio.run(search(server))
    assert server.asked[3:] == [JOB, JOB]
    assert len(server.started) == 2


def test_a_second_process_sends_no_second_notice(tmp_path: Path) -> None:
    server = FakeServer({"rejected_canceled": [job_summary("a")], "rejected_timedout": [job_summary("b")]})
    for _ in range(2):
        asyncio.run(EndingSearch(ending_workflow(tmp_path))(server))
    assert [root.args[0].outcome for root in server.started] == [Outcome.CANCELED, Outcome.TIMED_OUT]


def test_a_job_without_a_valid_notice_does_not_block_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An operator created a promise by hand with a job's tags; the log reports it once."""
    invalid = job_summary("a", **{Tag.TYPE: "a poem"})
    server = FakeServer({"rejected_canceled": [invalid, job_summary("b")]})
    search = EndingSearch(ending_workflow(tmp_path))
    for _ in range(2):
        asyncio.run(search(server))
    assert [root.id for root in server.started] == [ending_id("b")]
    assert caplog.text.count("no notice was sent") == 1


def ending_workflow(folder: Path) -> Workflow[[EndedJob], NoticeReceipt]:
    """Return the workflow that sends notices of endings, with a store in this folder."""
    return EndingWorkflow(DocumentSteps(make_ports(Store.open(folder.as_uri()))).notify).notify_ending
