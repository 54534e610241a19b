"""Tasks are the right to run a promise's function; one worker at a time holds a task."""

import pytest

from durable.wire.answers import Callback, TaskTimeout
from durable.wire.records import Task, Value

from .protocol_client import Client, execute
from .requests import (
    DUE,
    LEASE,
    RETRY,
    WORKER,
    WORKERS,
    Call,
    acquire,
    call_back,
    continue_task,
    create,
    fence,
    fulfill,
    get,
    get_task,
    halt,
    release,
    settle,
    suspend,
    take,
)
from .target import START

TASK = create("t", target=WORKERS)
# How a task `t` comes into each state, the version that it has there, and the promise `p` that it may wait for.
INTO = {
    "pending": ([TASK], 0),
    "acquired": ([TASK, acquire("t")], 1),
    "suspended": ([TASK, acquire("t"), suspend("t", 1, "p")], 1),
    "halted": ([TASK, acquire("t"), halt("t")], 1),
    "fulfilled": ([TASK, acquire("t"), settle("t")], 1),
}
BY_STATE = pytest.mark.parametrize(("state", "calls", "version"), [(s, *how) for s, how in INTO.items()], ids=INTO)


def make_held_task(version: int = 1) -> Task:
    """Build the task as the worker that took it sees it."""
    return Task(id="t", state="acquired", version=version, resumes=0, pid=WORKER, ttl=LEASE)


@pytest.fixture(autouse=True)
def _promise(ask: Client) -> None:
    """Have a promise to wait for."""
    ask.send_all(create("p"))


def test_a_task_can_be_created_acquired(ask: Client) -> None:
    """It starts at version 1, as if it had been pending at 0, and no message is sent."""
    taken = ask.task_acquisition(take(TASK), now=START + 5)
    assert taken.task == make_held_task() == ask.task(get_task("t"))
    assert taken.promise == ask.promise(get("t"))
    assert (taken.promise.state, taken.promise.created_at) == ("pending", START + 5)
    state = ask.state()
    assert state.task_timeouts == [TaskTimeout(id="t", kind=1, timeout=START + 5 + LEASE)]
    assert state.messages == []


def test_a_task_that_is_created_when_it_is_due_is_fulfilled(ask: Client) -> None:
    """No worker holds it."""
    taken = ask.task_acquisition(take(TASK), now=DUE)
    assert taken.task == Task(id="t", state="fulfilled", version=0, resumes=0)
    assert (taken.promise.state, taken.promise.created_at, taken.preload) == ("rejected_timedout", DUE, [])


def test_creating_an_existing_task_acquires_it_if_it_is_pending(ask: Client) -> None:
    """The first record of its promise stays; its version is bumped as by an acquire."""
    first = ask.promise(create("t", target=WORKERS, data="MQ=="))
    taken = ask.task_acquisition(take(create("t", target="poll://any@others", data="Mg==")))
    assert (taken.task, taken.promise) == (make_held_task(), first)


def test_creating_a_task_finds_it_fulfilled(ask: Client) -> None:
    """The worker gets the settled promise and no preload."""
    ask.send_all(TASK, acquire("t"))
    settled = ask.promise(settle("t"))
    taken = ask.task_acquisition(take(TASK))
    assert taken.task == Task(id="t", state="fulfilled", version=1, resumes=0)
    assert (taken.promise, taken.preload) == (settled, [])


@pytest.mark.parametrize("state", ["acquired", "suspended", "halted"])
def test_a_task_that_is_not_pending_cannot_be_created(ask: Client, state: str) -> None:
    """It exists already, and it cannot be acquired."""
    ask.send_all(*INTO[state][0])
    before = ask.state()
    assert ask.status(take(TASK, pid="other")) == 409
    assert ask.state() == before


@pytest.mark.parametrize(
    ("action", "status"),
    [(create("new"), 400), (create("new", target="nowhere"), 400), (create("p", target=WORKERS), 422)],
)
def test_a_task_needs_a_target_from_the_start(ask: Client, action: Call, status: int) -> None:
    """The request must name one, and a promise that was created without a target stays without a task."""
    assert ask.status(take(action)) == status
    assert ask.state().tasks == []


def test_a_worker_acquires_a_pending_task(ask: Client) -> None:
    """It holds the task for its ttl; the message stays in the outbox."""
    promise = ask.promise(TASK)
    taken = ask.task_acquisition(acquire("t"), now=START + 5)
    assert (taken.task, taken.promise, taken.preload) == (make_held_task(), promise, [])
    assert ask.task(get_task("t")) == make_held_task()
    assert ask.state().task_timeouts == [TaskTimeout(id="t", kind=1, timeout=START + 5 + LEASE)]
    assert ask.outbox() == [(WORKERS, execute("t", 0))]


@BY_STATE
def test_only_a_pending_task_at_this_version_can_be_acquired(
    ask: Client, state: str, calls: list[Call], version: int
) -> None:
    """Anything else is a conflict, and nothing changes."""
    ask.send_all(*calls)
    before = ask.state()
    for other in (version - 1, version + 1, version):
        if (state, other) != ("pending", version) and other >= 0:
            assert ask.status(acquire("t", other)) == 409
    assert ask.state() == before


@pytest.mark.parametrize(
    "call", [get_task("t"), acquire("t"), release("t", 0), fulfill("t", 0), halt("t"), continue_task("t")]
)
@pytest.mark.parametrize("without", ["a promise", "a target"])
def test_there_is_no_task_without_a_targeted_promise(ask: Client, call: Call, without: str) -> None:
    """The answer is not found."""
    if without == "a target":
        ask.send_all(create("t"))
    assert ask.status(call) == 404


def test_a_released_task_waits_again_at_its_version(ask: Client) -> None:
    """Its message is sent at once, and again after the retry timeout."""
    ask.send_all(TASK, acquire("t"))
    assert ask.data(release("t", 1), now=START + 5) == {}
    assert ask.task(get_task("t")) == Task(id="t", state="pending", version=1, resumes=0)
    assert ask.state().task_timeouts == [TaskTimeout(id="t", kind=0, timeout=START + 5 + RETRY)]
    assert ask.outbox() == [(WORKERS, execute("t", 1))]
    assert ask.task_acquisition(acquire("t", 1)).task == make_held_task(2)


def test_a_released_task_keeps_what_it_waits_for(ask: Client) -> None:
    """Its resumes stay, too."""
    ask.send_all(
        TASK, create("q"), acquire("t"), call_back("t", "p"), call_back("t", "q"), settle("q"), release("t", 1)
    )
    assert ask.state().callbacks == [Callback(awaiter="t", awaited="p")]
    assert ask.task(get_task("t")).resumes == 1


def test_fulfilling_a_task_settles_its_promise(ask: Client) -> None:
    """It loses its lease and callbacks, keeps its version, and the tasks that awaited it are resumed."""
    ask.send_all(TASK, take(create("w", target=WORKERS)), suspend("w", 1, "t"), acquire("t"), call_back("t", "p"))
    settled = ask.promise(fulfill("t", 1, "rejected", "dg=="), now=START + 5)
    assert (settled.state, settled.value, settled.settled_at) == ("rejected", Value(data="dg=="), START + 5)
    assert ask.task(get_task("t")) == Task(id="t", state="fulfilled", version=1, resumes=0)
    state = ask.state()
    assert state.task_timeouts == [TaskTimeout(id="w", kind=0, timeout=START + 5 + RETRY)]
    assert state.callbacks == []
    assert (WORKERS, execute("w", 1)) in ask.outbox()


@BY_STATE
def test_only_the_holder_can_release_suspend_or_fulfill_a_task(
    ask: Client, state: str, calls: list[Call], version: int
) -> None:
    """In another state or at another version it is a conflict, and nothing changes."""
    ask.send_all(*calls)
    before = ask.state()
    for other in (version - 1, version + 1, version):
        if (state, other) != ("acquired", version) and other >= 0:
            assert ask.status(release("t", other)) == 409
            assert ask.status(fulfill("t", other)) == 409
            assert ask.status(suspend("t", other, "p")) == 409
            assert ask.status(fence("t", other, settle("p"))) == 409
    assert ask.state() == before


@BY_STATE
def test_settling_its_promise_ends_a_task_in_any_state(
    ask: Client, state: str, calls: list[Call], version: int
) -> None:
    """Its worker is not asked; it finds out by a conflict."""
    ask.send_all(*calls, settle("t"))
    assert ask.task(get_task("t")) == Task(id="t", state="fulfilled", version=version, resumes=0)
    assert (ask.state().task_timeouts, ask.state().callbacks) == ([], [])
    assert ask.status(fulfill("t", version)) == 409, f"it was {state}"


def test_a_task_is_fulfilled_under_its_own_id_only(ask: Client) -> None:
    """The action must name the promise of the task."""
    ask.send_all(TASK, acquire("t"))
    kind, data = fulfill("t", 1)
    assert isinstance(data, dict)
    assert ask.status(Call(kind, data | {"id": "p"})) == 400
    assert ask.task(get_task("t")) == make_held_task()
