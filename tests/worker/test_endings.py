"""A job that somebody else ended is told of all the same, once, and whenever a worker is there again."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from resonate.context import Context

from contract.codes import Code
from contract.ending import Ended, Notice, Notified, Outcome
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

MANY = 1_200  # more than the server gives at a time


@dataclass
class Registry:
    """A server that knows these promises, and remembers what was asked."""

    promises: dict[PromiseState, list[PromiseSummary]] = field(default_factory=dict)
    started: list[RootPromise] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    async def find(
        self, tags: Mapping[str, str], *, state: PromiseState | None = None
    ) -> AsyncIterator[PromiseSummary]:
        """Give what was put in, and what was started."""
        kind = tags[Tag.KIND]
        self.asked.append(kind)
        for found in self.promises.get(state, []) if state else ():
            yield found
        for root in self.started if kind == ENDING else ():
            yield PromiseSummary(id=root.id, tags=root.tags)

    async def start(self, root: RootPromise) -> None:
        """Remember it."""
        self.started.append(root)


def job_named(job_id: str, **tags: str) -> PromiseSummary:
    """Return a job as it is found."""
    known = {Tag.KIND: JOB, Tag.TYPE: "invoice", Tag.REQUESTER: "client"}
    return PromiseSummary(id=promise_id(job_id), tags={str(name): value for name, value in known.items()} | tags)


@pytest.fixture
def lab(server: ServerProcess, tmp_path: Path) -> Iterator[CancelLab]:
    """A server of each kind and a folder."""
    lab = CancelLab(server, tmp_path / "lab")
    yield lab
    lab.client.close()


def test_what_ended_while_no_worker_was_there_is_told_when_one_is(lab: CancelLab) -> None:
    """One was canceled, one was run by nobody until its deadline; each is told of once, and whose it is."""
    lab.submit("stopped")
    lab.cancel("stopped")
    lab.submit("forgotten", lifetime=1)
    lab.submit("later")
    wait_until(lambda: lab.client.get(promise_id("forgotten")).state != "pending" or None, lambda: "not timed out")
    lab.wait_for(lambda: len(lab.load_notices()) >= 3)
    told = lab.load_notices()
    assert told.keys() == {"stopped.canceled", "forgotten.timed_out", "later.failed"}
    stopped, forgotten = told["stopped.canceled"], told["forgotten.timed_out"]
    assert (stopped.outcome, stopped.code, stopped.key) == (Outcome.CANCELED, None, "stopped.canceled")
    assert (stopped.job_id, stopped.requester_id, stopped.type) == ("stopped", "client", DocumentType.INVOICE)
    assert (forgotten.outcome, forgotten.code) == (Outcome.TIMED_OUT, Code.DEADLINE)


def test_what_is_canceled_while_a_worker_is_there_is_told_soon(lab: CancelLab) -> None:
    """At the next look, which every worker takes on its own."""
    lab.submit("first")
    lab.cancel("first")

    def then() -> bool:
        if lab.load_notices().keys() == {"first.canceled"} and not canceled:
            lab.submit("second", address="poll://any@nobody")  # or it might end by itself before it is canceled
            lab.cancel("second")
            canceled.append("second")
        return lab.load_notices().keys() == {"first.canceled", "second.canceled"}

    canceled: list[str] = []
    lab.wait_for(then)


def test_a_telling_that_fails_goes_on_after_a_while(lab: CancelLab) -> None:
    """It sleeps in the server, and is a job of its own: the workers come and go meanwhile."""
    lab.submit("stopped")
    lab.cancel("stopped")
    tries: list[str] = []

    async def send(notice: Notice) -> None:
        tries.append(notice.at)
        if len(tries) < 8:  # three tries in memory, three after a sleep, and one more after another
            raise ConnectionError
        await ports.send(notice)

    ports = open_ports(lab.settings)
    notify = DocumentSteps(replace(ports, send=send)).notify
    impatient = step(timeout=60, retry=Retry(attempts=3, first=0.01))(notify.body)
    tell = EndingWorkflow(impatient, pauses=(0.1, 0.1)).notify_ending
    task = PeriodicTask(name="ending notices", interval=60, run=EndingSearch(tell))
    lab.wait_for(lab.load_notices, Worker(lab.settings.runtime, [tell], periodic_tasks=[task]))
    assert len(tries) == 8
    assert len(set(tries)) == 1


@workflow(name=NOTIFY_ENDING, version=NOTIFY_ENDING_VERSION)
async def keep_quiet(_: Context, job: Ended) -> Notified:
    """Tell nobody: it is the looking that is looked at."""
    return Notified(key=job.job_id, notified_at="never")


def test_a_flood_of_endings_is_told_of_once_each(lab: CancelLab) -> None:
    """A thousand jobs and more were canceled in one go; two look for them at the same time, and both find all."""

    def stop(number: int) -> None:
        lab.submit(f"{number}")
        lab.cancel(f"{number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(stop, range(MANY)))
    looks: list[str] = []

    def look(teller: EndingSearch) -> PeriodicTask:
        async def work(server: Connection) -> None:
            await teller(server)
            looks.append("taken")

        return PeriodicTask(name="ending notices", interval=60, run=work)

    both = [look(EndingSearch(keep_quiet)) for _ in range(2)]
    lab.wait_for(lambda: len(looks) == 2, Worker(lab.settings.runtime, [keep_quiet], periodic_tasks=both))
    assert lab.count_endings() == MANY


def test_a_look_asks_for_what_was_told_only_when_there_is_news(tmp_path: Path) -> None:
    registry = Registry({"rejected_canceled": [job_named("a"), job_named("b")]})
    look = EndingSearch(ending_in(tmp_path))
    asyncio.run(look(registry))
    assert [root.id for root in registry.started] == [ending_id("a"), ending_id("b")]
    assert registry.asked == [JOB, ENDING, JOB]
    asyncio.run(look(registry))
    assert registry.asked[3:] == [JOB, JOB]
    assert len(registry.started) == 2


def test_another_process_tells_nothing_twice(tmp_path: Path) -> None:
    registry = Registry({"rejected_canceled": [job_named("a")], "rejected_timedout": [job_named("b")]})
    for _ in range(2):
        asyncio.run(EndingSearch(ending_in(tmp_path))(registry))
    assert [root.args[0].outcome for root in registry.started] == [Outcome.CANCELED, Outcome.TIMED_OUT]


def test_what_cannot_be_told_to_anybody_does_not_keep_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody made a promise by hand that says it is a job; a line in the log says so, once."""
    strange = job_named("a", **{Tag.TYPE: "a poem"})
    registry = Registry({"rejected_canceled": [strange, job_named("b")]})
    look = EndingSearch(ending_in(tmp_path))
    for _ in range(2):
        asyncio.run(look(registry))
    assert [root.id for root in registry.started] == [ending_id("b")]
    assert caplog.text.count("no notice is sent") == 1


def ending_in(folder: Path) -> Workflow[[Ended], Notified]:
    """Return the workflow of a worker in this folder."""
    return EndingWorkflow(DocumentSteps(make_ports(Store.open(folder.as_uri()))).notify).notify_ending
