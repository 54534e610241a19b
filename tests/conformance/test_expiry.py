"""A due promise is settled first: by the requests that name it, or by the next tick."""

import pytest

from durable.wire.records import Value

from .protocol_client import Client, unblock
from .requests import (
    DUE,
    WORKERS,
    Call,
    acquire,
    call_back,
    continue_task,
    create,
    delete_schedule,
    fence,
    fulfill,
    get,
    get_schedule,
    get_task,
    halt,
    heartbeat,
    listen,
    release,
    schedule,
    search,
    settle,
    suspend,
    take,
)
from .target import START

# Each names the promise `a`, which is due, as another thing; `held` is a task that is held at version 1.
NAMES_IT = {
    "get": (get("a"), 200),
    "create": (create("a"), 200),
    "settle": (settle("a"), 200),
    "listen": (listen("a"), 200),
    "call back when it is settled": (call_back("held", "a"), 200),
    "call it back": (call_back("a", "held"), 200),
    "get the task": (get_task("a"), 200),
    "take": (take(create("a", target=WORKERS)), 200),
    "acquire": (acquire("a"), 409),
    "release": (release("a", 1), 409),
    "fulfill": (fulfill("a", 1), 409),
    "suspend it": (suspend("a", 1, "held"), 409),
    "suspend until it is settled": (suspend("held", 1, "a"), 300),
    "fence with it": (fence("a", 1, create("b")), 409),
    "create it under a fence": (fence("held", 1, create("a")), 200),
    "settle it under a fence": (fence("held", 1, settle("a")), 200),
    "halt": (halt("a"), 409),
    "continue": (continue_task("a"), 409),
}
# Refused although they name it, and after its expiry: it is kept all the same.
REFUSED_BUT_KEPT = {
    "no such awaiter": (call_back("missing", "a"), 422),
    "no such awaited": (call_back("a", "missing"), 404),
    "no such task": (fence("missing", 1, settle("a")), 404),
    "not held at this version": (suspend("held", 2, "a"), 409),
    "something else is missing": (suspend("held", 1, "a", "nothing"), 422),
    "no kind of action": (fence("held", 1, get("a")), 400),
    "no state to settle it in": (fence("held", 1, settle("a", "pending")), 400),
    "no address under a fence": (fence("held", 1, create("a", target="nowhere")), 400),
}
NAMES_IT_NOT = {
    "read another": get("other"),
    "search promises": search("promise"),
    "search tasks": search("task"),
    "heartbeat": heartbeat(("a", 1)),
    "create a schedule": schedule("a"),
    "read a schedule": get_schedule("s"),
    "search schedules": search("schedule"),
    "delete a schedule": delete_schedule("s"),
}
INVALID_REQUESTS = {
    "no address": listen("a", "nowhere"),
    "no target": create("a", target="nowhere"),
    "no state": settle("a", "pending"),
    "itself": call_back("a", "a"),
    "nothing awaited": suspend("a", 1),
    "negative version": acquire("a", -1),
    "action on the task itself": fence("a", 1, settle("a")),
}


@pytest.fixture(autouse=True)
def _promises(ask: Client) -> None:
    """Have `a` due at DUE with a task that is held until then, and `held` due much later."""
    ask.send_all(
        take(create("a", target=WORKERS), ttl=10**9), take(create("held", due=DUE * 2, target=WORKERS), ttl=10**9)
    )
    ask.send_all(create("other", due=DUE * 2), schedule("s"))


def state_of(ask: Client, promise: str) -> str:
    """Look at a promise without expiring it."""
    return next(found.state for found in ask.state().promises if found.id == promise)


@pytest.mark.parametrize(("call", "status"), (NAMES_IT | REFUSED_BUT_KEPT).values(), ids=NAMES_IT | REFUSED_BUT_KEPT)
def test_a_request_that_names_a_due_promise_first_times_it_out(ask: Client, call: Call, status: int) -> None:
    """The promise is settled at its deadline and its task fulfilled, even if the request is then refused."""
    assert ask.status(call, now=DUE + 10) == status
    state = ask.state()
    a = state.promises[0]
    assert (a.id, a.state, a.settled_at, a.value) == ("a", "rejected_timedout", DUE, Value())
    assert (state.tasks[0].state, state.tasks[0].version) == ("fulfilled", 1)
    assert {timeout.id for timeout in state.promise_timeouts} == {"held", "other"}
    assert [timeout.id for timeout in state.task_timeouts] == ["held"]


@pytest.mark.parametrize("call", NAMES_IT_NOT.values(), ids=NAMES_IT_NOT)
def test_a_request_that_does_not_name_it_leaves_a_due_promise_pending(ask: Client, call: Call) -> None:
    """Searches, heartbeats and schedules time nothing out."""
    ask.send_all(call, now=DUE + 10)
    assert state_of(ask, "a") == "pending"


@pytest.mark.parametrize("call", INVALID_REQUESTS.values(), ids=INVALID_REQUESTS)
def test_an_invalid_request_times_nothing_out(ask: Client, call: Call) -> None:
    """It is refused before its promises are looked up."""
    assert ask.status(call, now=DUE + 10) == 400
    assert state_of(ask, "a") == "pending"


@pytest.mark.parametrize(("now", "state"), [(DUE - 1, "pending"), (DUE, "rejected_timedout")])
def test_a_promise_is_due_at_its_timeout_and_not_before(ask: Client, now: int, state: str) -> None:
    """Both for a request and for a tick."""
    ask.send_all(create("b", due=DUE))
    assert ask.promise(get("a"), now).state == state
    ask.tick(now)
    assert state_of(ask, "b") == state


def test_a_timer_that_is_due_is_resolved(ask: Client) -> None:
    """Only the exact tag makes a promise a timer."""
    ask.send_all(create("t", timer="true"), create("u", timer="True"))
    assert ask.promise(get("t"), now=DUE).state == "resolved"
    assert ask.promise(get("u"), now=DUE).state == "rejected_timedout"


def test_a_tick_times_out_all_that_is_due(ask: Client) -> None:
    """Each was settled when it was due, however late the tick comes."""
    ask.send_all(create("b", due=START + 1), create("c", due=START + 2, timer="true"), create("d", due=START + 4))
    ask.tick(START + 3)
    b, c, d = ask.state().promises[1:4]
    assert (b.state, b.settled_at) == ("rejected_timedout", START + 1)
    assert (c.state, c.settled_at) == ("resolved", START + 2)
    assert (d.state, d.settled_at) == ("pending", None)


@pytest.mark.parametrize("by_tick", [True, False])
def test_a_timeout_notifies_listeners_and_resumes_tasks(ask: Client, by_tick: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """A timeout is a settlement like any other."""
    ask.send_all(listen("a"), suspend("held", 1, "a"))
    if by_tick:
        ask.tick(DUE)
    else:
        ask.send_all(get("a"), now=DUE)
    assert ask.task(get_task("held")).state == "pending"
    assert (WORKERS, unblock(ask.promise(get("a")))) in ask.outbox()


def test_a_task_that_times_out_with_what_it_waits_for_is_not_resumed(ask: Client) -> None:
    """Its own promise is due at the same tick: it is fulfilled, and no message is sent."""
    ask.send_all(take(create("b", target=WORKERS)), suspend("b", 1, "a"))
    ask.tick(DUE)
    task = ask.task(get_task("b"), now=DUE)
    assert (task.state, task.version) == ("fulfilled", 1)
    assert (ask.state().callbacks, ask.outbox()) == ([], [])
