"""Promises: created once, settled once, and timed out at the latest."""

import msgspec
import pytest

from durable.wire.answers import PromiseTimeout, TaskTimeout
from durable.wire.records import Promise, Value

from .protocol_client import Client, execute
from .requests import DUE, RETRY, WORKERS, Call, create, get, get_task, settle
from .target import START, Json

SETTLED_BY_HAND = ["resolved", "rejected", "rejected_canceled"]


def test_a_created_promise_is_pending_and_holds_what_was_sent(ask: Client) -> None:
    """The answer is the record that a later get returns."""
    created = ask.promise(create("a", data="cGFyYW0=", origin="a"))
    assert created == Promise(
        id="a",
        state="pending",
        param=Value(data="cGFyYW0="),
        value=Value(),
        tags={"resonate:origin": "a"},
        timeout_at=DUE,
        created_at=START,
    )
    assert ask.promise(get("a")) == created


def test_a_pending_promise_names_no_time_of_settlement(ask: Client) -> None:
    """What is absent is left out of the record: it is not null."""
    assert ask.data(create("a")) == {
        "promise": {
            "id": "a",
            "state": "pending",
            "param": {},
            "value": {},
            "tags": {},
            "timeoutAt": DUE,
            "createdAt": START,
        }
    }


def test_the_first_record_with_an_id_stays(ask: Client) -> None:
    """A second create is answered with the first record, whatever it says, and changes nothing."""
    first = ask.promise(create("a", data="1"))
    before = ask.state()
    assert ask.promise(create("a", data="2", due=DUE + 5, target=WORKERS), now=START + 1) == first
    assert ask.state() == before


def test_a_promise_without_a_target_has_no_task(ask: Client) -> None:
    """It has no task and sends no message."""
    ask.send_all(create("a"))
    assert ask.status(get_task("a")) == 404
    assert ask.state().promise_timeouts == [PromiseTimeout(id="a", timeout=DUE)]
    assert ask.outbox() == []


def test_a_target_gives_a_promise_a_task_and_sends_for_a_worker(ask: Client) -> None:
    """The task waits at version 0; its message is sent now, and again after the retry timeout."""
    ask.send_all(create("a", target=WORKERS))
    task = ask.task(get_task("a"))
    assert (task.state, task.version, task.resumes, task.pid, task.ttl) == ("pending", 0, 0, None, None)
    assert ask.state().task_timeouts == [TaskTimeout(id="a", kind=0, timeout=START + RETRY)]
    assert ask.outbox() == [(WORKERS, execute("a", 0))]


def test_a_target_that_is_no_address_is_refused(ask: Client) -> None:
    """No promise is created."""
    assert ask.status(create("a", target="nowhere")) == 400
    assert ask.state().promises == []


@pytest.mark.parametrize("late", [0, 1, 50_000])
@pytest.mark.parametrize(("timer", "state"), [("true", "resolved"), ("false", "rejected_timedout")])
def test_a_promise_created_when_it_is_due_is_settled_in_its_past(
    ask: Client, late: int, timer: str, state: str
) -> None:
    """It is created and settled at its deadline; a timer is resolved and not rejected."""
    born = ask.promise(create("a", timer=timer), now=DUE + late)
    assert (born.state, born.created_at, born.settled_at, born.value) == (state, DUE, DUE, Value())
    assert ask.state().promise_timeouts == []


def test_a_task_created_when_its_promise_is_due_is_fulfilled_at_version_0(ask: Client) -> None:
    """There is nothing left to do: no timer, no message."""
    ask.send_all(create("a", target=WORKERS), now=DUE)
    task = ask.task(get_task("a"), now=DUE)
    assert (task.state, task.version) == ("fulfilled", 0)
    assert (ask.state().task_timeouts, ask.outbox()) == ([], [])


def test_a_missing_promise_cannot_be_read(ask: Client) -> None:
    """Reading does not create."""
    assert ask.status(get("a")) == 404


@pytest.mark.parametrize("state", SETTLED_BY_HAND)
def test_a_pending_promise_can_be_settled_in_three_ways(ask: Client, state: str) -> None:
    """The value and the time stay."""
    ask.send_all(create("a", data="cA=="))
    settled = ask.promise(settle("a", state, "dg=="), now=START + 7)
    assert (settled.state, settled.value, settled.settled_at) == (state, Value(data="dg=="), START + 7)
    assert (settled.param, settled.created_at) == (Value(data="cA=="), START)
    assert ask.state().promise_timeouts == []


@pytest.mark.parametrize("first", SETTLED_BY_HAND)
@pytest.mark.parametrize("second", SETTLED_BY_HAND)
def test_a_settled_promise_stays_as_it_is(ask: Client, first: str, second: str) -> None:
    """A second settle succeeds, is answered with the record that stays, and changes nothing."""
    ask.send_all(create("a"))
    settled = ask.promise(settle("a", first, "MQ=="))
    before = ask.state()
    assert ask.promise(settle("a", second, "Mg=="), now=START + 1) == settled
    assert ask.state() == before


def test_a_settled_promise_is_not_created_again(ask: Client) -> None:
    """A create finds the record, settled as it is."""
    ask.send_all(create("a"))
    settled = ask.promise(settle("a"))
    assert ask.promise(create("a", target=WORKERS), now=START + 1) == settled
    assert ask.status(get_task("a")) == 404


@pytest.mark.parametrize("state", ["pending", "rejected_timedout", "Resolved"])
def test_a_client_cannot_settle_a_promise_as_pending_or_timed_out(ask: Client, state: str) -> None:
    """Those states are the server's to give."""
    ask.send_all(create("a"))
    assert ask.status(settle("a", state)) == 400
    assert ask.promise(get("a")).state == "pending"


def test_a_missing_promise_cannot_be_settled(ask: Client) -> None:
    """Settling does not create."""
    assert ask.status(settle("a")) == 404
    assert ask.state().promises == []


def test_headers_of_a_value_come_back(ask: Client) -> None:
    """The server looks into neither headers nor data."""
    value: Json = {"headers": {"b": "2", "a": "1"}, "data": "not base64: é \0 \N{LINE SEPARATOR} \N{GRINNING FACE}"}
    ask.send_all(create("a"), Call("promise.settle", {"id": "a", "state": "resolved", "value": value}))
    settled = ask.promise(get("a"))
    assert msgspec.to_builtins(settled.value) == value
