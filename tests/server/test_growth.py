"""The cost of a request does not grow with the data, counted in steps of SQLite's virtual machine."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial

import pytest

from durable.embedded.embedded import EmbeddedServer
from durable.embedded.store import Store
from durable.wire.requests import (
    Action,
    Beat,
    FenceAction,
    PromiseCreate,
    PromiseGet,
    PromiseRegisterCallback,
    PromiseRegisterListener,
    PromiseSearch,
    PromiseSettle,
    Request,
    TaskAcquire,
    TaskContinue,
    TaskFence,
    TaskFulfill,
    TaskGet,
    TaskHalt,
    TaskHeartbeat,
    TaskRelease,
    TaskSearch,
    TaskSuspend,
)

from .conftest import Ask, make_ask

FAR = 10**14  # a deadline in the year 5138
FEW, MANY = 300, 1_500  # both exceed what a search counts to find its rarest condition
EXTRA_STEPS = 100  # steps; a scan of the larger database costs thousands more
TARGET = "poll://any@unused"


def plain(promise_id: str, **tags: str) -> PromiseCreate:
    return PromiseCreate(id=promise_id, timeout_at=FAR, tags={"sort": "job"} | tags)


def job(promise_id: str) -> PromiseCreate:
    return PromiseCreate(
        id=promise_id,
        timeout_at=FAR,
        tags={"sort": "job", "resonate:target": TARGET, "resonate:branch": promise_id, "resonate:origin": promise_id},
    )


def make_strict_ask(embedded_server: EmbeddedServer) -> Ask:
    """Return a function that sends requests and checks that they succeed: a refused request costs nothing."""
    ask = make_ask(embedded_server)

    def ask_and_check(request: Request) -> tuple[int, object]:
        status, data = ask(request)
        assert status == 200, (request, data)
        return status, data

    return ask_and_check


def fill(ask: Ask, start: int, count: int) -> None:
    """Create finished, held and suspended jobs, each with a child."""
    for n in range(start, start + count):
        name = f"job{n:06}"
        ask(job(name))
        ask(plain(f"{name}:1", **{"resonate:branch": name, "resonate:origin": name}))
        if n % 10:
            ask(PromiseSettle(id=f"{name}:1", state="resolved"))
            ask(PromiseSettle(id=name, state="resolved"))
            continue
        ask(PromiseRegisterListener(awaited=name, address=TARGET))
        ask(TaskAcquire(id=name, version=0, pid="p", ttl=FAR))
        if n % 20:
            ask(suspend(name, "1"))


def scene(ask: Ask, name: str) -> None:
    """A held job with a pending and a settled child, an open one and a halted one: what is measured is about these."""
    ask(job(name))
    ask(TaskAcquire(id=name, version=0, pid="p", ttl=FAR))
    for child in ("a", "b"):
        ask(plain(f"{name}:{child}", rare=name, **{"resonate:branch": name, "resonate:origin": name}))
    ask(PromiseSettle(id=f"{name}:b", state="resolved"))
    ask(job(f"{name}-open"))
    ask(job(f"{name}-halted"))
    ask(TaskHalt(id=f"{name}-halted"))


def suspend(name: str, child: str = "a") -> TaskSuspend:
    wait = PromiseRegisterCallback(awaited=f"{name}:{child}", awaiter=name)
    return TaskSuspend(id=name, version=1, actions=[Action(kind="", head=None, data=wait)])


def fulfill(name: str) -> TaskFulfill:
    action = Action(kind="", head=None, data=PromiseSettle(id=name, state="resolved"))
    return TaskFulfill(id=name, version=1, action=action)


def fence(name: str, request: PromiseCreate | PromiseSettle) -> TaskFence:
    return TaskFence(id=name, version=1, action=FenceAction(kind=request.kind, data=request))


REQUESTS: dict[str, Callable[[str], Request]] = {
    "get": lambda name: PromiseGet(id=name),
    "create": lambda name: job(f"{name}-new"),
    "create again": job,
    "settle": lambda name: PromiseSettle(id=f"{name}:a", state="rejected"),
    "callback": lambda name: PromiseRegisterCallback(awaited=f"{name}:a", awaiter=name),
    "listener": lambda name: PromiseRegisterListener(awaited=f"{name}:a", address=TARGET),
    "search by id": lambda name: PromiseSearch(cursor=name, limit=5),
    "search by state": lambda name: PromiseSearch(state="resolved", cursor=name, limit=5),
    "search by tag": lambda name: PromiseSearch(tags={"rare": name}),
    "search by common tag": lambda _: PromiseSearch(tags={"sort": "job"}, limit=5),
    "search by rare and common tag": lambda name: PromiseSearch(tags={"sort": "job", "rare": name}, limit=5),
    "search by origin": lambda name: PromiseSearch(tags={"resonate:origin": name}),
    "search by state and rare tag": lambda name: PromiseSearch(state="resolved", tags={"rare": name}),
    "search by rare state and tag": lambda _: PromiseSearch(state="rejected_canceled", tags={"sort": "job"}),
    "task get": lambda name: TaskGet(id=name),
    "task acquire": lambda name: TaskAcquire(id=f"{name}-open", version=0, pid="p", ttl=1),
    "task fence create": lambda name: fence(name, plain(f"{name}:c", **{"resonate:branch": name})),
    "task fence settle": lambda name: fence(name, PromiseSettle(id=f"{name}:a", state="resolved")),
    "task suspend": suspend,
    "task fulfill": fulfill,
    "task release": lambda name: TaskRelease(id=name, version=1),
    "task heartbeat": lambda name: TaskHeartbeat(pid="p", tasks=[Beat(id=name, version=1)]),
    "task halt": lambda name: TaskHalt(id=name),
    "task continue": lambda name: TaskContinue(id=f"{name}-halted"),
    "task search by state": lambda name: TaskSearch(state="acquired", cursor=name, limit=5),
    "task search by id": lambda name: TaskSearch(cursor=name, limit=5),
}


def steps_of(store: Store, work: Callable[[], object]) -> int:
    """How many instructions SQLite's machine needs."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    store.connection.set_progress_handler(count, 1)
    try:
        work()
    finally:
        store.connection.set_progress_handler(None, 1)
    return steps


type Pair = tuple[EmbeddedServer, EmbeddedServer]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """One server with little in its database, one with twenty times as much."""
    with ExitStack() as stack:
        stores = [stack.enter_context(closing(Store(tmp_path_factory.mktemp("data")))) for _ in range(2)]
        few, many = (EmbeddedServer(store, retry_timeout=FAR) for store in stores)
        for embedded_server, count in ((few, FEW), (many, MANY)):
            fill(make_strict_ask(embedded_server), 0, count)
            while embedded_server.tick(MANY):  # as the clock does, so that a search need not
                pass
        yield few, many


def steps_for(embedded_server: EmbeddedServer, request: Callable[[str], Request], name: str) -> int:
    ask = make_strict_ask(embedded_server)
    scene(ask, name)
    return steps_of(embedded_server.store, lambda: ask(request(name)))


@pytest.mark.parametrize("what", REQUESTS)
def test_the_cost_of_a_request_does_not_grow_with_the_data(servers: Pair, what: str) -> None:
    few, many = (steps_for(embedded_server, REQUESTS[what], f"job000015 {what}") for embedded_server in servers)
    # A page that is full among many and not among few, or a deeper tree, is a matter of a few steps.
    assert many <= few + EXTRA_STEPS


WORK: dict[str, Callable[[EmbeddedServer], object]] = {
    "a look at the clock with nothing due": lambda embedded_server: embedded_server.tick(1),
    "a message taken": lambda embedded_server: embedded_server.take_turn([], 1),
}


@pytest.mark.parametrize("what", WORK)
def test_the_cost_of_a_tick_or_message_does_not_grow_with_the_data(servers: Pair, what: str) -> None:
    few, many = (steps_of(embedded_server.store, partial(WORK[what], embedded_server)) for embedded_server in servers)
    assert many <= few + EXTRA_STEPS


def test_a_full_scan_would_be_detected(servers: Pair) -> None:
    """A query without an index costs twenty times as much."""
    walk = "SELECT count(*) FROM promises WHERE param = 'x'"
    few, many = (
        steps_of(embedded_server.store, partial(embedded_server.store.sql, walk)) for embedded_server in servers
    )
    assert many > few + 50 * EXTRA_STEPS
