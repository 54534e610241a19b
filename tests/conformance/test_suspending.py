"""Suspending: a task waits without a worker until a promise that it awaits is settled."""

import pytest

from durable.wire.answers import Callback, TaskTimeout
from durable.wire.records import Task

from .protocol_client import Client, execute
from .requests import (
    DUE,
    RETRY,
    WORKER,
    WORKERS,
    Call,
    acquire,
    call_back,
    create,
    get,
    get_task,
    halt,
    settle,
    suspend,
    take,
)
from .target import START, Json

SUSPENDED_TASK = Task(id="t", state="suspended", version=1, resumes=0)


@pytest.fixture(autouse=True)
def _held(ask: Client) -> None:
    """Have a task `t` that is held at version 1, and what it may wait for."""
    ask.send_all(take(create("t", branch="t", target=WORKERS)), *(create(name, branch="t") for name in "abc"))


def test_a_suspended_task_waits_for_each_promise_without_a_timer(ask: Client) -> None:
    """No worker holds it, and no message is sent."""
    assert ask.data(suspend("t", 1, "a", "b")) == {}
    assert ask.task(get_task("t")) == SUSPENDED_TASK
    state = ask.state()
    assert state.callbacks == [Callback(awaiter="t", awaited="a"), Callback(awaiter="t", awaited="b")]
    assert (state.task_timeouts, state.messages) == ([], [])


def test_a_promise_may_be_named_twice(ask: Client) -> None:
    """It is awaited once."""
    ask.send_all(suspend("t", 1, "a", "a"))
    assert ask.state().callbacks == [Callback(awaiter="t", awaited="a")]


def test_the_first_settlement_resumes_a_suspended_task(ask: Client) -> None:
    """It waits again at its version, and its message is sent at once and after the retry timeout."""
    ask.send_all(suspend("t", 1, "a", "b"))
    ask.send_all(settle("b"), now=START + 5)
    assert ask.task(get_task("t")) == Task(id="t", state="pending", version=1, resumes=1)
    state = ask.state()
    assert state.callbacks == [Callback(awaiter="t", awaited="a")]
    assert state.task_timeouts == [TaskTimeout(id="t", kind=0, timeout=START + 5 + RETRY)]
    assert ask.outbox() == [(WORKERS, execute("t", 1))]


def test_further_settlements_are_counted(ask: Client) -> None:
    """Until a worker acquires the task, which bumps its version."""
    ask.send_all(suspend("t", 1, "a", "b", "c"), settle("a"))
    ask.send_all(settle("b"), now=START + 5)
    assert ask.task(get_task("t")).resumes == 2
    assert ask.state().task_timeouts == [TaskTimeout(id="t", kind=0, timeout=START + RETRY)]
    assert ask.task_acquisition(acquire("t", 1)).task.version == 2
    assert ask.state().callbacks == [Callback(awaiter="t", awaited="c")]


@pytest.mark.parametrize("state", ["resolved", "rejected", "rejected_canceled"])
def test_a_task_is_not_suspended_if_an_awaited_promise_is_settled(ask: Client, state: str) -> None:
    """It stays held, awaits nothing, and gets the promises of its branch."""
    settled = ask.promise(settle("b", state))
    before = ask.state()
    assert ask.suspend_preload(suspend("t", 1, "a", "b")) == [ask.promise(get("a")), settled, ask.promise(get("c"))]
    assert ask.state() == before
    assert ask.task(get_task("t")).pid == WORKER


def test_a_task_is_not_suspended_if_an_awaited_promise_is_due(ask: Client) -> None:
    """The due promise is timed out first."""
    ask.send_all(create("late", due=START + 5))
    ask.suspend_preload(suspend("t", 1, "late"), now=START + 5)
    assert ask.promise(get("late")).state == "rejected_timedout"


def test_a_redirected_task_has_seen_its_resumes(ask: Client) -> None:
    """They are deleted, but the other callbacks are kept."""
    ask.send_all(call_back("t", "a"), call_back("t", "c"), settle("a"))
    ask.suspend_preload(suspend("t", 1, "a"))
    assert ask.task(get_task("t")).resumes == 0
    assert ask.state().callbacks == [Callback(awaiter="t", awaited="c")]


def test_a_suspended_task_has_seen_its_resumes(ask: Client) -> None:
    """It named the promises that it awaits; earlier settlements do not wake it."""
    ask.send_all(call_back("t", "a"), settle("a"), suspend("t", 1, "b"))
    assert ask.task(get_task("t")) == SUSPENDED_TASK


def test_a_refused_suspend_keeps_the_resumes(ask: Client) -> None:
    """The worker got no new information."""
    ask.send_all(call_back("t", "a"), settle("a"))
    assert ask.status(suspend("t", 1, "a", "nothing")) == 422
    assert ask.task(get_task("t")).resumes == 1


@pytest.mark.parametrize(
    ("call", "status"),
    [
        (suspend("missing", 1, "nothing"), 404),
        (suspend("t", 2, "nothing"), 409),
        (suspend("t", 1, "nothing", "b"), 422),
        (suspend("t", 1, "b", "a"), 300),
    ],
    ids=["no task", "not held", "nothing to wait for", "settled"],
)
def test_the_first_reason_not_to_suspend_is_the_answer(ask: Client, call: Call, status: int) -> None:
    """No task, then not held, then nothing to wait for, then nothing to wait for any more; it stays held."""
    ask.send_all(settle("b"))
    assert ask.status(call) == status
    assert ask.task(get_task("t")).state == "acquired"
    assert ask.state().callbacks == []


@pytest.mark.parametrize(("awaited", "awaiter"), [("t", "t"), ("a", "b"), ("a", ""), ("", "t")])
def test_a_suspension_names_its_own_task_as_awaiter_and_not_as_awaited(ask: Client, awaited: str, awaiter: str) -> None:
    """Each action names the task as its awaiter and another promise as what is awaited."""
    actions: list[Json] = [
        {"kind": "promise.register_callback", "head": {}, "data": {"awaited": name, "awaiter": waiter}}
        for name, waiter in [("a", "t"), (awaited, awaiter)]
    ]
    assert ask.status(Call("task.suspend", {"id": "t", "version": 1, "actions": actions})) == 400


def test_the_kind_of_an_action_is_not_looked_at(ask: Client) -> None:
    """Every action is a callback."""
    action: Json = {"kind": "", "head": None, "data": {"awaited": "a", "awaiter": "t"}}
    ask.send_all(Call("task.suspend", {"id": "t", "version": 1, "actions": [action]}))
    assert ask.task(get_task("t")) == SUSPENDED_TASK


def test_a_halted_task_is_not_resumed(ask: Client) -> None:
    """What it waited for is counted for later."""
    ask.send_all(suspend("t", 1, "a"), halt("t"), settle("a"))
    assert ask.task(get_task("t")) == Task(id="t", state="halted", version=1, resumes=1)
    assert ask.outbox() == []


def test_a_suspended_task_times_out_with_its_promise(ask: Client) -> None:
    """Its callbacks are deleted."""
    ask.send_all(suspend("t", 1, "a"))
    ask.tick(DUE)
    assert ask.task(get_task("t"), now=DUE) == Task(id="t", state="fulfilled", version=1, resumes=0)
    assert (ask.state().callbacks, ask.outbox()) == ([], [])


def test_a_task_may_be_suspended_repeatedly(ask: Client) -> None:
    """Each round is one version."""
    for version, promise in enumerate("abc", start=1):
        ask.send_all(suspend("t", version, promise), settle(promise), acquire("t", version))
    assert ask.task(get_task("t")).version == 4
    assert ask.outbox() == [(WORKERS, execute("t", 3))]
