"""Suspending: a task lets go until something that it waits for is settled."""

import pytest

from wire.answers import Callback, TaskTimeout
from wire.records import Task

from .ask import Ask, execute
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

SUSPENDED = Task(id="t", state="suspended", version=1, resumes=0)


@pytest.fixture(autouse=True)
def _held(ask: Ask) -> None:
    """Have a task `t` that is held at version 1, and what it may wait for."""
    ask.done(take(create("t", branch="t", target=WORKERS)), *(create(name, branch="t") for name in "abc"))


def test_a_suspended_task_waits_for_each_promise_without_a_timer(ask: Ask) -> None:
    """Nobody holds it and nobody is sent for."""
    assert ask.data(suspend("t", 1, "a", "b")) == {}
    assert ask.task(get_task("t")) == SUSPENDED
    state = ask.state()
    assert state.callbacks == [Callback(awaiter="t", awaited="a"), Callback(awaiter="t", awaited="b")]
    assert (state.task_timeouts, state.messages) == ([], [])


def test_a_promise_may_be_named_twice(ask: Ask) -> None:
    """It is waited for once."""
    ask.done(suspend("t", 1, "a", "a"))
    assert ask.state().callbacks == [Callback(awaiter="t", awaited="a")]


def test_the_first_settlement_resumes_a_suspended_task(ask: Ask) -> None:
    """It waits again at its version, and a worker is sent for at once and after the retry timeout."""
    ask.done(suspend("t", 1, "a", "b"))
    ask.done(settle("b"), now=START + 5)
    assert ask.task(get_task("t")) == Task(id="t", state="pending", version=1, resumes=1)
    state = ask.state()
    assert state.callbacks == [Callback(awaiter="t", awaited="a")]
    assert state.task_timeouts == [TaskTimeout(id="t", kind=0, timeout=START + 5 + RETRY)]
    assert ask.sent() == [(WORKERS, execute("t", 1))]


def test_further_settlements_are_counted(ask: Ask) -> None:
    """Until a worker acquires the task, which bumps its version."""
    ask.done(suspend("t", 1, "a", "b", "c"), settle("a"))
    ask.done(settle("b"), now=START + 5)
    assert ask.task(get_task("t")).resumes == 2
    assert ask.state().task_timeouts == [TaskTimeout(id="t", kind=0, timeout=START + RETRY)]
    assert ask.taken(acquire("t", 1)).task.version == 2
    assert ask.state().callbacks == [Callback(awaiter="t", awaited="c")]


@pytest.mark.parametrize("state", ["resolved", "rejected", "rejected_canceled"])
def test_a_task_goes_on_at_once_when_something_is_settled(ask: Ask, state: str) -> None:
    """It is not suspended but redirected: it stays held, waits for nothing more, and gets what is in its branch."""
    settled = ask.promise(settle("b", state))
    before = ask.state()
    assert ask.redirected(suspend("t", 1, "a", "b")) == [ask.promise(get("a")), settled, ask.promise(get("c"))]
    assert ask.state() == before
    assert ask.task(get_task("t")).pid == WORKER


def test_a_task_goes_on_at_once_when_something_is_due(ask: Ask) -> None:
    """It is timed out first."""
    ask.done(create("late", due=START + 5))
    ask.redirected(suspend("t", 1, "late"), now=START + 5)
    assert ask.promise(get("late")).state == "rejected_timedout"


def test_a_redirected_task_has_seen_its_resumes(ask: Ask) -> None:
    """They are forgotten, but what still waits is kept."""
    ask.done(call_back("t", "a"), call_back("t", "c"), settle("a"))
    ask.redirected(suspend("t", 1, "a"))
    assert ask.task(get_task("t")).resumes == 0
    assert ask.state().callbacks == [Callback(awaiter="t", awaited="c")]


def test_a_suspended_task_has_seen_its_resumes(ask: Ask) -> None:
    """It named what it still waits for: what was settled before does not wake it."""
    ask.done(call_back("t", "a"), settle("a"), suspend("t", 1, "b"))
    assert ask.task(get_task("t")) == SUSPENDED


def test_a_refused_suspend_keeps_the_resumes(ask: Ask) -> None:
    """The worker has learned nothing."""
    ask.done(call_back("t", "a"), settle("a"))
    assert ask.status(suspend("t", 1, "a", "nothing")) == 422
    assert ask.task(get_task("t")).resumes == 1


@pytest.mark.parametrize(
    ("call", "status"),
    [
        (suspend("nobody", 1, "nothing"), 404),
        (suspend("t", 2, "nothing"), 409),
        (suspend("t", 1, "nothing", "b"), 422),
        (suspend("t", 1, "b", "a"), 300),
    ],
    ids=["no task", "not held", "nothing to wait for", "settled"],
)
def test_the_first_reason_not_to_suspend_is_the_answer(ask: Ask, call: Call, status: int) -> None:
    """No task, then not held, then nothing to wait for, then nothing to wait for any more; it stays held."""
    ask.done(settle("b"))
    assert ask.status(call) == status
    assert ask.task(get_task("t")).state == "acquired"
    assert ask.state().callbacks == []


@pytest.mark.parametrize(("awaited", "awaiter"), [("t", "t"), ("a", "b"), ("a", ""), ("", "t")])
def test_a_task_waits_for_itself_only_and_not_for_itself(ask: Ask, awaited: str, awaiter: str) -> None:
    """Each action names the task as its awaiter and another promise as what is awaited."""
    actions: list[Json] = [
        {"kind": "promise.register_callback", "head": {}, "data": {"awaited": name, "awaiter": waiter}}
        for name, waiter in [("a", "t"), (awaited, awaiter)]
    ]
    assert ask.status(Call("task.suspend", {"id": "t", "version": 1, "actions": actions})) == 400


def test_the_kind_of_an_action_is_not_looked_at(ask: Ask) -> None:
    """Every action is a callback."""
    action: Json = {"kind": "", "head": None, "data": {"awaited": "a", "awaiter": "t"}}
    ask.done(Call("task.suspend", {"id": "t", "version": 1, "actions": [action]}))
    assert ask.task(get_task("t")) == SUSPENDED


def test_a_halted_task_is_not_resumed(ask: Ask) -> None:
    """What it waited for is counted for later."""
    ask.done(suspend("t", 1, "a"), halt("t"), settle("a"))
    assert ask.task(get_task("t")) == Task(id="t", state="halted", version=1, resumes=1)
    assert ask.sent() == []


def test_a_suspended_task_times_out_with_its_promise(ask: Ask) -> None:
    """It waits for nothing any more."""
    ask.done(suspend("t", 1, "a"))
    ask.tick(DUE)
    assert ask.task(get_task("t"), now=DUE) == Task(id="t", state="fulfilled", version=1, resumes=0)
    assert (ask.state().callbacks, ask.sent()) == ([], [])


def test_a_task_may_suspend_again_and_again(ask: Ask) -> None:
    """Each round is one version."""
    for version, promise in enumerate("abc", start=1):
        ask.done(suspend("t", version, promise), settle(promise), acquire("t", version))
    assert ask.task(get_task("t")).version == 4
    assert ask.sent() == [(WORKERS, execute("t", 3))]
