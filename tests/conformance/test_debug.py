"""Debug requests: on virtual time a test drives the clock, reads the state and deletes it."""

import pytest

from local.server_process import ServerProgram

from .fleet import ON_REAL_TIME, Fleet
from .protocol_client import Client
from .requests import DUE, RETRY, WORKERS, Call, create, get, listen, schedule, search, settle, take
from .target import START, Json, Target


@pytest.fixture
def target(behind_http: Target) -> Target:
    """What HTTP does with them is a part of the subject."""
    return behind_http


def test_a_reset_deletes_everything(ask: Client) -> None:
    """Promises, tasks, timers, callbacks, listeners, messages and schedules."""
    ask.send_all(create("a", target=WORKERS), take(create("b", target=WORKERS)), listen("b"), schedule("s"))
    ask.send_all(Call("promise.register_callback", {"awaiter": "a", "awaited": "b"}))
    assert ask.data(Call("debug.reset", {})) == {}
    assert ask.data(Call("debug.snap", {})) == {
        "promises": [],
        "promiseTimeouts": [],
        "callbacks": [],
        "listeners": [],
        "tasks": [],
        "taskTimeouts": [],
        "messages": [],
    }
    assert ask.search_ids(search("schedule")) == []


def test_a_snapshot_shows_plain_records(ask: Client) -> None:
    """An unsent message has an empty head."""
    ask.send_all(create("a", target=WORKERS), create("p"), listen("p", "poll://any@l"), settle("p"))
    data = ask.data(Call("debug.snap", {}))
    assert isinstance(data, dict)
    assert data["tasks"] == [{"id": "a", "state": "pending", "version": 0, "resumes": 0}]
    assert data["taskTimeouts"] == [{"id": "a", "type": 0, "timeout": START + RETRY}]
    assert data["promiseTimeouts"] == [{"id": "a", "timeout": DUE}]
    p: Json = {
        "id": "p", "state": "resolved", "param": {}, "value": {}, "tags": {},
        "timeoutAt": DUE, "createdAt": START, "settledAt": START,
    }  # fmt: skip
    assert data["messages"] == [
        {"address": WORKERS, "message": {"kind": "execute", "head": {}, "data": {"task": {"id": "a", "version": 0}}}},
        {"address": "poll://any@l", "message": {"kind": "unblock", "head": {}, "data": {"promise": p}}},
    ]


def test_a_snapshot_times_nothing_out(ask: Client) -> None:
    """Whatever time it is asked for."""
    ask.send_all(create("a"))
    ask.data(Call("debug.snap", {}), now=DUE)
    assert ask.state().promises[0].state == "pending"


@pytest.mark.parametrize("data", [{}, {"time": None}, {"time": "5"}, {"time": 5.0}, {"time": 2**63}, {"time": True}])
def test_a_tick_needs_a_time(ask: Client, data: Json) -> None:
    """In whole milliseconds."""
    ask.send_all(create("a", due=START + 1))
    assert ask.status(Call("debug.tick", data)) == 400
    assert ask.state().promises[0].state == "pending"


def test_a_tick_happens_at_its_own_time(ask: Client) -> None:
    """The time of its request does not matter."""
    ask.send_all(create("a"))
    ask.data(Call("debug.tick", {"time": START}), now=DUE)
    assert ask.state().promises[0].state == "pending"
    ask.data(Call("debug.tick", {"time": DUE}), now=START)
    assert ask.state().promises[0].state == "rejected_timedout"


def test_an_earlier_tick_does_nothing(ask: Client) -> None:
    """The clock of a test may go back: nothing is due then."""
    ask.send_all(create("a", due=5, target=WORKERS), create("b", target=WORKERS))
    before = ask.state()
    ask.tick(-5)
    assert ask.state() == before


@pytest.mark.parametrize("kind", ["debug.start", "debug.stop"])
def test_stopping_and_starting_the_clock_can_be_repeated(ask: Client, kind: str) -> None:
    """Each request succeeds."""
    assert [ask.data(Call(kind, {})), ask.data(Call(kind, {}))] == [{}, {}]


@pytest.mark.parametrize("kind", ["debug.start", "debug.stop", "debug.reset", "debug.snap", "debug.tick"])
def test_a_server_on_real_time_refuses_to_be_debugged(server_program: ServerProgram, fleet: Fleet, kind: str) -> None:
    """No client can empty a server by mistake."""
    assert fleet.target(server_program, ON_REAL_TIME).call(kind, {"time": START}).status == 403


def test_a_server_on_real_time_looks_at_its_own_clock(server_program: ServerProgram, fleet: Fleet) -> None:
    """The time in a request's head is nothing to it."""
    target = fleet.target(server_program, ON_REAL_TIME)
    kind, data = create("long ago", due=START + 1)
    assert Client(target).promise(Call(kind, data), now=START).state == "rejected_timedout"
    assert Client(target).promise(get("long ago"), now=0).created_at == START + 1
