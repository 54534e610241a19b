"""What the toolkit costs. Here: a map over many items, its requests, the bytes that the server answers, and CPU time.

Workers and server run in this process, on a database in memory: what is left is the work for the map itself. Beside it
is the same in the SDK's own way, an `asyncio.gather` of its calls, run by the SDK's own core.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any, Final

from resonate.context import Context
from resonate.core import Core
from resonate.observability import noop_observer
from resonate.registry import Registry
from resonate.send import Sender
from resonate.transport import Transport

from durable import Workflow, map_steps, map_workflows, step, workflow
from durable.payload import LenientCodec
from durable.testing import WorkflowTest
from durable.testing.servers import ask
from durable.testing.virtual_clock import VirtualClock
from durable.wire.answers import OnePromise
from durable.wire.requests import PromiseGet
from durable.wire.roots import root_promise

from .counting_server import CountingPlace, CountingServer
from .report import format_table
from .scale import Scale
from .waits import measure_certifier, measure_waits

_COUNTS: Final = (16, 100, 1_000)
_MAX_SDK_PARTS: Final = 100  # a thousand would take a million requests
_BATCH_SIZE: Final = 50
_DAY_MILLISECONDS: Final = 86_400_000
_ADDRESS: Final = "poll://any@bench"


@step(timeout=60)
async def work(number: int) -> str:
    """Return a reference, as a step with a large result does."""
    await asyncio.sleep(0)
    return f"items/{number:06d}.json"


@workflow(name="part", version=1)
async def part(ctx: Context, number: int) -> str:
    """Do one item as a task of its own."""
    return await ctx.run(work, number)


@workflow(name="part_of_many", version=1)
async def part_of_many(ctx: Context, numbers: list[int]) -> list[str]:
    """Do a batch of items as a task of its own."""
    return (await map_steps(ctx, work, numbers)).get()


@workflow(name="steps", version=1)
async def map_all_steps(ctx: Context, count: int) -> int:
    """Do all items here."""
    return len((await map_steps(ctx, work, range(count))).get())


@workflow(name="parts", version=1)
async def map_all_parts(ctx: Context, count: int) -> int:
    """Do each item as a task of its own."""
    return len((await map_workflows(ctx, part, range(count))).get())


@workflow(name="batches", version=1)
async def map_all_batches(ctx: Context, count: int) -> int:
    """Do batches of items as tasks of their own."""
    batches = [list(batch) for batch in batched(range(count), _BATCH_SIZE, strict=False)]
    return sum(map(len, (await map_workflows(ctx, part_of_many, batches, max_at_once=2)).get()))


async def sdk_work(_: Context, number: int) -> str:
    """Do what `work` does, as a function of the SDK."""
    await asyncio.sleep(0)  # durable: allow D12 it makes no calls: it is a step of the SDK
    return f"items/{number:06d}.json"


async def sdk_part(ctx: Context, number: int) -> str:
    """Do one item as a task of its own."""
    return await ctx.run(sdk_work, number)


async def sdk_steps(ctx: Context, count: int) -> int:
    """Do all items here, at once."""
    return len(await asyncio.gather(*(ctx.run(sdk_work, number) for number in range(count))))


async def sdk_parts(ctx: Context, count: int) -> int:
    """Do each item as a task of its own, all at once."""
    return len(await asyncio.gather(*(ctx.rpc(sdk_part, number) for number in range(count))))


class DirectNetwork:
    """The SDK's network, straight into the server."""

    def __init__(self, server: CountingServer) -> None:
        self._server: Final = server

    async def start(self) -> None:
        """Do nothing."""

    async def stop(self) -> None:
        """Do nothing."""

    async def send(self, req: str, headers: dict[str, str] | None = None) -> str:
        """Return the answer."""
        del headers
        return self._server.post(req.encode()).body.decode()


@dataclass(frozen=True)
class Cost:
    """What one run took."""

    requests: int
    answered_bytes: int
    cpu_seconds: float


type Run = Callable[[int], Cost]


def run_ours(work_on: Workflow[[int], int]) -> Run:
    """Return a run of a workflow by our worker."""

    def run(count: int) -> Cost:
        place = CountingPlace()
        with WorkflowTest(work_on, part, part_of_many, on=place) as test:
            started = time.process_time()
            result = test.start(work_on, count).result()
            seconds = time.process_time() - started
        assert result == count
        return Cost(place.server.requests, place.server.answered_bytes, seconds)

    return run


def run_sdk(function: Callable[[Context, int], Coroutine[Any, Any, int]]) -> Run:
    """Return a run of a function by the SDK's own core."""

    def run(count: int) -> Cost:
        server = CountingServer(VirtualClock())
        started = time.process_time()
        result = asyncio.run(_run_core(server, function, count))
        seconds = time.process_time() - started
        server.close()
        assert result == count
        return Cost(server.requests, server.answered_bytes, seconds)

    return run


async def _run_core(server: CountingServer, function: Callable[..., Any], count: int) -> object:
    sender = Sender(Transport(DirectNetwork(server), [], noop_observer), None, observer=noop_observer)
    registry = Registry()
    for known in (function, sdk_part):
        registry.register(known.__name__, known, 1)
    core = Core(
        sender=sender,
        fencing=sender,
        codec=LenientCodec(),
        registry=registry,
        resolver=lambda _: _ADDRESS,
        pid="sdk",
        ttl=_DAY_MILLISECONDS,
        clock=lambda: VirtualClock().milliseconds,
        observer=noop_observer,
    )
    root = root_promise(
        "job", function.__name__, count, target=_ADDRESS, timeout_at=VirtualClock().milliseconds + _DAY_MILLISECONDS
    )
    ask(server, root, OnePromise)
    announced = list(server.take_announced())
    while announced:
        task = announced.pop()  # the newest: each part that ends wakes its caller, as parts of different lengths do
        await core.on_message(task.id, task.version)
        announced += server.take_announced()
    return ask(server, PromiseGet(id="job"), OnePromise).promise.value.decode()


_SHAPES: Final[Sequence[tuple[str, Run, int]]] = (
    ("steps: gather of the SDK", run_sdk(sdk_steps), max(_COUNTS)),
    ("steps: map_steps", run_ours(map_all_steps), max(_COUNTS)),
    ("parts: gather of the SDK", run_sdk(sdk_parts), _MAX_SDK_PARTS),
    ("parts: map_workflows", run_ours(map_all_parts), max(_COUNTS)),
    (f"parts of {_BATCH_SIZE}: map_workflows", run_ours(map_all_batches), max(_COUNTS)),
)


def measure_toolkit(_: Scale) -> str:
    """Maps over 16, 100 and 1,000 items beside the SDK's own gather; workflows that wait for days; the certifier."""
    return f"{_measure_maps()}\n\n{measure_waits()}\n\n{measure_certifier()}"


def _measure_maps() -> str:
    rows = []
    for name, run, most in _SHAPES:
        for count in _COUNTS:
            if count <= most:
                cost = run(count)
                megabytes = f"{cost.answered_bytes / 1e6:.2f}"
                rows.append([name, f"{count:,}", f"{cost.requests:,}", megabytes, f"{cost.cpu_seconds:.2f}"])
    return format_table(["calls", "items", "requests", "MB answered", "CPU s"], rows)
