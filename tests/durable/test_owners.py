"""A worker looks up the owners of jobs that wait, so that they take turns, and of no other."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from resonate.error import ServerError
from resonate.transport import ExecuteData, ExecuteMsg, TaskRef

from durable import Clock
from durable.run import Tools
from durable.runtime import Settings
from durable.runtime.background import Background
from durable.runtime.gate import Gate
from durable.runtime.parking import Parking
from tests.waiting import TIMEOUT_SECONDS

TURNS = 50  # of the event loop: more than anything here needs
TAG = "owner"


class OwnerLab:
    """A gate for one run at a time, and a server that knows the owners of jobs by their first letter."""

    def __init__(self, tag: str | None = TAG) -> None:
        self.started: list[str] = []
        self.looked_up: list[str] = []
        self.may_end = asyncio.Event()
        self.background = Background(self.started.append)
        settings = Settings(url="http://server", group="workers", concurrency=1, owner_tag=tag)
        self.gate = Gate(
            executor=cast("Any", self),
            sender=cast("Any", self),
            runs={},
            parking=Parking(cast("Any", None), self.background, settings, Clock()),
            background=self.background,
            settings=settings,
            tools=Tools(),
        )
        self.gate.open()

    async def on_message(self, task_id: str, _: int) -> None:
        """Run a task, as the SDK's core does."""
        self.started.append(task_id)
        await self.may_end.wait()

    async def promise_get(self, job: str) -> Any:  # noqa: ANN401 what the gate reads of a promise
        """Answer as a server; it does not know the jobs whose names begin with an x."""
        self.looked_up.append(job)
        await asyncio.sleep(0)
        if job.startswith("x"):
            raise ServerError(404, "there is none")
        return SimpleNamespace(tags={TAG: job[0]})

    async def announce(self, *task_ids: str) -> None:
        """Deliver messages, and let the event loop turn until nothing happens any more."""
        for task_id in task_ids:
            self.gate.deliver(ExecuteMsg(data=ExecuteData(task=TaskRef(id=task_id, version=0))))
        for _ in range(TURNS):
            await asyncio.sleep(0)


def run_all(*task_ids: str, tag: str | None = TAG) -> OwnerLab:
    """Announce tasks, and run all of them."""

    async def run() -> OwnerLab:
        lab = OwnerLab(tag)
        await lab.announce(*task_ids)
        lab.may_end.set()
        await lab.announce()
        await lab.background.wait(TIMEOUT_SECONDS)
        return lab

    return asyncio.run(asyncio.wait_for(run(), TIMEOUT_SECONDS))


def test_a_job_of_another_owner_waits_for_one_job_of_each() -> None:
    """Jobs of a wait in hundreds in the field; the last of them here come after that of b."""
    assert run_all("a1", "a2", "a3", "a4", "b1").started == ["a1", "a2", "b1", "a3", "a4"]


def test_parts_take_turns_by_the_owners_of_their_jobs() -> None:
    lab = run_all("a1:1", "a1:2", "a2:1", "b1:1", "b1:2")
    assert lab.started == ["a1:1", "a1:2", "b1:1", "a2:1", "b1:2"]
    assert sorted(lab.looked_up) == ["a1", "a2", "b1"]


def test_a_job_that_starts_at_once_is_not_looked_up() -> None:
    assert run_all("a1").looked_up == []


def test_without_a_tag_nothing_is_looked_up() -> None:
    lab = run_all("a1", "a2", "b1", tag=None)
    assert (lab.started, lab.looked_up) == (["a1", "a2", "b1"], [])


def test_a_failed_look_up_costs_no_job() -> None:
    assert sorted(run_all("a1", "x1", "a2", "x2").started) == ["a1", "a2", "x1", "x2"]
