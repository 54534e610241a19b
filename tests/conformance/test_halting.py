"""Halting: the operator's brake stops a task where it is until it is continued."""

import pytest

from durable.wire.answers import Callback, TaskTimeout
from durable.wire.records import Task

from .protocol_client import Client, execute
from .requests import (
    DUE,
    LEASE,
    RETRY,
    WORKERS,
    Call,
    acquire,
    continue_task,
    create,
    fence,
    fulfill,
    get_task,
    halt,
    heartbeat,
    release,
    settle,
    suspend,
    take,
)
from .target import START

HOW = {
    "pending": ([create("t", target=WORKERS)], 0),
    "acquired": ([take(create("t", target=WORKERS))], 1),
    "suspended": ([take(create("t", target=WORKERS)), suspend("t", 1, "p")], 1),
}
BY_STATE = pytest.mark.parametrize(("calls", "version"), HOW.values(), ids=HOW)


@pytest.fixture(autouse=True)
def _promise(ask: Client) -> None:
    """Have a promise to wait for."""
    ask.send_all(create("p"))


@BY_STATE
def test_a_halted_task_keeps_its_version_and_loses_its_timer(ask: Client, calls: list[Call], version: int) -> None:
    """No worker holds it; its callbacks are kept."""
    ask.send_all(*calls)
    waits_for = ask.state().callbacks
    assert ask.data(halt("t")) == {}
    assert ask.task(get_task("t")) == Task(id="t", state="halted", version=version, resumes=0)
    assert (ask.state().task_timeouts, ask.state().callbacks) == ([], waits_for)


@BY_STATE
def test_halting_twice_is_halting_once(ask: Client, calls: list[Call], version: int) -> None:
    """The second time changes nothing."""
    ask.send_all(*calls, halt("t"))
    before = ask.state()
    ask.send_all(halt("t"))
    assert (ask.state(), before.tasks[0].version) == (before, version)


@pytest.mark.parametrize("call", [halt("t"), continue_task("t")])
def test_a_fulfilled_task_is_neither_halted_nor_continued(ask: Client, call: Call) -> None:
    """The task is fulfilled."""
    ask.send_all(create("t", target=WORKERS), settle("t"))
    assert ask.status(call) == 409


@BY_STATE
def test_only_a_halted_task_can_be_continued(ask: Client, calls: list[Call], version: int) -> None:
    """A conflict, and nothing changes."""
    ask.send_all(*calls)
    before = ask.state()
    assert ask.status(continue_task("t")) == 409, f"it was at version {version}"
    assert ask.state() == before


@BY_STATE
def test_a_continued_task_waits_at_its_version(ask: Client, calls: list[Call], version: int) -> None:
    """A worker is sent for at once and after the retry timeout; what it waits for is kept."""
    ask.send_all(*calls, halt("t"))
    waits_for = ask.state().callbacks
    assert ask.data(continue_task("t"), now=START + 5) == {}
    assert ask.task(get_task("t")) == Task(id="t", state="pending", version=version, resumes=0)
    assert ask.state().task_timeouts == [TaskTimeout(id="t", kind=0, timeout=START + 5 + RETRY)]
    assert (ask.outbox(), ask.state().callbacks) == ([(WORKERS, execute("t", version))], waits_for)


@BY_STATE
def test_a_halted_task_refuses_its_former_holder(ask: Client, calls: list[Call], version: int) -> None:
    """Its former holder gets a conflict, a heartbeat has no effect, and no message is ever sent."""
    ask.send_all(*calls, halt("t"))
    before = ask.state()
    for call in (
        acquire("t", version),
        release("t", version),
        fulfill("t", version),
        suspend("t", version, "p"),
        fence("t", version, create("child")),
        take(create("t", target=WORKERS)),
    ):
        assert ask.status(call) == 409
    ask.send_all(heartbeat(("t", version)))
    ask.tick(START + RETRY + LEASE)
    assert ask.state() == before


def test_a_halted_task_counts_what_happens_meanwhile(ask: Client) -> None:
    """So that the worker that acquires it after the brake is released need not wait again."""
    ask.send_all(take(create("t", target=WORKERS)), create("q"), suspend("t", 1, "p", "q"), halt("t"), settle("p"))
    assert ask.task(get_task("t")).resumes == 1
    ask.send_all(continue_task("t"))
    assert ask.task(get_task("t")) == Task(id="t", state="pending", version=1, resumes=1)
    assert ask.state().callbacks == [Callback(awaiter="t", awaited="q")]


def test_a_halted_task_times_out_with_its_promise(ask: Client) -> None:
    """The brake does not stop the clock."""
    ask.send_all(create("t", target=WORKERS), halt("t"))
    ask.tick(DUE)
    assert ask.task(get_task("t"), now=DUE).state == "fulfilled"
