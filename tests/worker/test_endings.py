"""Canceled and timed-out jobs get one notice each, sent as soon as a worker runs again."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from contract.codes import Code
from contract.job import DocumentType
from contract.names import JOB, Tag, ending_id, promise_id
from contract.notice import Outcome
from durable import PromiseState, PromiseSummary, RootPromise
from local.server_process import ServerProcess
from tests.waiting import wait_until
from tests.worker.cancel_lab import CancelLab
from worker.workflows.ending import EndingSearch

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
        """Yield the given promises."""
        self.asked.append(tags[Tag.KIND])
        for found in self.promises.get(state, []) if state else ():
            yield found

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


@pytest.mark.parametrize("count", [JOBS, pytest.param(SOAK_JOBS, marks=pytest.mark.soak)])
def test_many_canceled_jobs_get_one_notice_each(lab: CancelLab, count: int) -> None:

    def cancel(number: int) -> None:
        lab.submit(f"{number}")
        lab.cancel(f"{number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(cancel, range(count)))
    lab.wait_for(lambda: len(lab.load_notices()) == count)
    assert lab.count_endings() == count


def test_a_search_starts_the_notice_of_each_ending_once() -> None:
    server = FakeServer({"rejected_canceled": [job_summary("a"), job_summary("b")]})
    search = EndingSearch("notices")
    asyncio.run(search(server))
    asyncio.run(search(server))
    assert [(root.id, root.group) for root in server.started] == [
        (ending_id("a"), "notices"),
        (ending_id("b"), "notices"),
    ]
    assert server.asked == [JOB] * 4


def test_a_second_process_starts_the_same_notices() -> None:
    """They have the same ids, so the server keeps one of each."""
    server = FakeServer({"rejected_canceled": [job_summary("a")], "rejected_timedout": [job_summary("b")]})
    for _ in range(2):
        asyncio.run(EndingSearch("notices")(server))
    assert [root.id for root in server.started] == [ending_id("a"), ending_id("b")] * 2


def test_a_job_without_a_valid_notice_does_not_block_the_others(caplog: pytest.LogCaptureFixture) -> None:
    """An operator created a promise by hand with a job's tags; the log reports it once."""
    invalid = job_summary("a", **{Tag.TYPE: "a poem"})
    server = FakeServer({"rejected_canceled": [invalid, job_summary("b")]})
    search = EndingSearch("notices")
    for _ in range(2):
        asyncio.run(search(server))
    assert [root.id for root in server.started] == [ending_id("b")]
    assert caplog.text.count("no notice was sent") == 1
