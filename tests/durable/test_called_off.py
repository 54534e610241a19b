"""A call whose outcome no longer matters is ended, with all calls below it, and its steps that run here are stopped."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import cast

import pytest
from resonate.context import Context
from resonate.types import Info

from durable import PermanentError, step
from durable.promises import NoPromises
from durable.run import Run, Tools
from tests.durable.step_runner import FakeContext


@dataclass
class NotedPromises(NoPromises):
    """Keeps what was called off."""

    called_off: list[str] = field(default_factory=list)

    async def call_off(self, promises: Collection[str], *, ended: Collection[str] = ()) -> None:
        """Note the promises."""
        assert not ended
        self.called_off += promises


def context_of(promise: str) -> Context:
    info = Info(id=promise, parent_id="job", origin_id="job", branch_id="job", timeout_at=0, func_name="", tags={})
    return cast("Context", FakeContext(info))


@pytest.mark.parametrize(
    ("called_off", "ended"),
    [("job:1", {"job:1", "job:1.1"}), ("job:1.1", {"job:1.1"}), ("job", {"job:1", "job:1.1", "job:11"})],
)
def test_a_running_step_ends_with_the_call_that_it_belongs_to(called_off: str, ended: set[str]) -> None:
    promises = NotedPromises()
    run = Run("job", 1, Tools(promises=promises))
    all_running, gate = asyncio.Barrier(4), asyncio.Event()

    @step(timeout=60)
    async def wait_at_gate() -> int:
        await all_running.wait()
        await gate.wait()
        return 1

    async def work() -> None:
        ids = ("job:1", "job:1.1", "job:11")
        steps = asyncio.gather(*(wait_at_gate(context_of(one)) for one in ids), return_exceptions=True)
        await all_running.wait()
        await run.call_off([called_off])
        gate.set()
        codes = [one.code if isinstance(one, PermanentError) else one for one in await steps]
        assert dict(zip(ids, codes, strict=True)) == {one: "called_off" if one in ended else 1 for one in ids}

    assert asyncio.run(run.execute(work())) is None
    assert promises.called_off == [called_off]


def test_a_step_that_turns_its_cancellation_into_an_error_is_not_retried() -> None:
    run = Run("job", 1, Tools())
    attempts: list[int] = []
    running = asyncio.Event()

    @step(timeout=60)
    async def wait_forever() -> None:
        attempts.append(1)
        running.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise OSError("closed") from None

    async def work() -> None:
        task = asyncio.create_task(wait_forever(context_of("job:1")))
        await running.wait()
        await run.call_off(["job:1"])
        with pytest.raises(PermanentError, match="called_off"):
            await task

    assert asyncio.run(run.execute(work())) is None
    assert attempts == [1]


def test_a_call_makes_no_further_call_while_it_is_called_off() -> None:
    """What began below it after the server was asked for its open calls would stay open."""

    class WatchedPromises(NoPromises):
        async def call_off(self, promises: Collection[str], *, ended: Collection[str] = ()) -> None:
            assert not ended
            assert [run.is_called_off(f"{one}.2") for one in promises] == [True]

    run = Run("job", 1, Tools(promises=WatchedPromises()))
    asyncio.run(run.call_off(["job:1"]))
