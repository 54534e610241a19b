"""Timers of tasks: a lease ends unless it is extended, and the message of a pending task is sent again."""

import pytest

from durable.wire.answers import TaskTimeout
from durable.wire.records import Task

from .protocol_client import Client, execute
from .requests import (
    DUE,
    LEASE,
    RETRY,
    WORKER,
    WORKERS,
    Call,
    acquire,
    continue_task,
    create,
    get_task,
    halt,
    heartbeat,
    release,
    settle,
    suspend,
    take,
)
from .target import START

ENDS = START + LEASE


def timer(kind: int, timeout: int) -> list[TaskTimeout]:
    """Build the only timer: type 0 sends again, type 1 ends a lease."""
    return [TaskTimeout(id="t", kind=kind, timeout=timeout)]


@pytest.fixture(autouse=True)
def _held(ask: Client) -> None:
    """Have a task `t` that is held at version 1 until ENDS, with no message on its way."""
    ask.send_all(take(create("t", due=DUE * 9, target=WORKERS)))


def test_a_heartbeat_extends_a_lease_by_its_own_length(ask: Client) -> None:
    """Counted from now, and not from its end."""
    assert ask.data(heartbeat(("t", 1)), now=START + 7) == {}
    assert ask.state().task_timeouts == timer(1, START + 7 + LEASE)
    assert ask.task(get_task("t")).ttl == LEASE


def test_a_heartbeat_extends_every_lease_that_it_names(ask: Client) -> None:
    """Also when others of the list are not to be had."""
    ask.send_all(take(create("u", target=WORKERS), ttl=100))
    ask.send_all(heartbeat(("missing", 1), ("", 0), ("u", 1), ("t", 1)), now=START + 7)
    assert [timeout.timeout for timeout in ask.state().task_timeouts] == [START + 7 + LEASE, START + 107]


@pytest.mark.parametrize(
    "call",
    [heartbeat(("t", 1), pid="other"), heartbeat(("t", 0)), heartbeat(("t", 2)), heartbeat(("t", -1)), heartbeat()],
    ids=["another process", "older", "newer", "negative", "nothing"],
)
def test_a_heartbeat_for_what_is_not_held_does_nothing(ask: Client, call: Call) -> None:
    """The heartbeat succeeds: its answer does not list the held tasks."""
    assert ask.data(call, now=START + 7) == {}
    assert ask.state().task_timeouts == timer(1, ENDS)


@pytest.mark.parametrize("calls", [[release("t", 1)], [suspend("t", 1, "p")], [halt("t")], [settle("t")]])
def test_a_heartbeat_for_a_task_that_was_let_go_does_nothing(ask: Client, calls: list[Call]) -> None:
    """In whatever way."""
    ask.send_all(create("p"), *calls)
    before = ask.state()
    ask.send_all(heartbeat(("t", 1)), now=START + 7)
    assert ask.state() == before


def test_a_heartbeat_extends_the_lease_of_a_promise_that_is_due(ask: Client) -> None:
    """It processes no timeouts."""
    ask.send_all(heartbeat(("t", 1)), now=DUE * 9 + 1)
    assert ask.state().task_timeouts == timer(1, DUE * 9 + 1 + LEASE)


def test_a_lease_is_not_over_before_its_end(ask: Client) -> None:
    """One millisecond earlier, nothing happens."""
    before = ask.state()
    ask.tick(ENDS - 1)
    assert ask.state() == before


@pytest.mark.parametrize("late", [0, 60_000])
def test_when_a_lease_ends_another_worker_is_sent_for(ask: Client, late: int) -> None:
    """The task waits at its version, and its worker has lost it."""
    ask.tick(ENDS + late)
    assert ask.task(get_task("t")) == Task(id="t", state="pending", version=1, resumes=0)
    assert ask.state().task_timeouts == timer(0, ENDS + late + RETRY)
    assert ask.outbox() == [(WORKERS, execute("t", 1))]
    assert ask.status(release("t", 1)) == 409


def test_who_acquires_a_task_again_holds_it_at_the_next_version(ask: Client) -> None:
    """What the one before still sends is refused by its version."""
    ask.tick(ENDS)
    assert ask.task_acquisition(acquire("t", 1, pid="other")).task.version == 2
    assert ask.status(release("t", 1)) == 409
    ask.send_all(heartbeat(("t", 1)), now=ENDS)
    assert ask.task(get_task("t")).pid == "other"


def test_a_lease_that_has_ended_holds_until_the_next_tick(ask: Client) -> None:
    """A worker that is late but before the tick loses nothing."""
    ask.send_all(heartbeat(("t", 1)), now=ENDS + 1)
    ask.tick(ENDS + 1)
    assert ask.task(get_task("t")).pid == WORKER


@pytest.mark.parametrize("late", [0, 60_000])
def test_the_message_of_a_pending_task_is_sent_again(ask: Client, late: int) -> None:
    """Once a tick, at the version that can be acquired; the next time is counted from the tick."""
    ask.send_all(release("t", 1), acquire("t", 1), release("t", 2))
    due = START + RETRY
    ask.tick(due - 1)
    assert ask.state().task_timeouts == timer(0, due)
    ask.tick(due + late)
    assert ask.state().task_timeouts == timer(0, due + late + RETRY)
    assert ask.outbox() == [(WORKERS, execute("t", 2))]


def test_a_message_is_sent_again_and_again(ask: Client) -> None:
    """As long as no worker acquires the task; the task itself does not change."""
    ask.tick(ENDS)
    task = ask.task(get_task("t"))
    for times in range(1, 4):
        ask.tick(ENDS + times * RETRY)
        assert ask.state().task_timeouts == timer(0, ENDS + (times + 1) * RETRY)
    assert ask.task(get_task("t")) == task


def test_acquiring_stops_the_timer_of_the_message(ask: Client) -> None:
    """From then on the lease is what counts."""
    ask.send_all(release("t", 1))
    ask.send_all(acquire("t", 1, ttl=10**6), now=START + 1)
    before = ask.state()
    assert before.task_timeouts == timer(1, START + 1 + 10**6)
    ask.tick(START + RETRY)
    assert ask.state() == before


def test_a_resumed_task_is_not_sent_for_twice_by_one_tick(ask: Client) -> None:
    """What timed out resumes it, with a full retry timeout before the next message."""
    ask.send_all(create("p", due=START + 9), suspend("t", 1, "p"))
    ask.tick(START + 10 * RETRY)
    assert ask.state().task_timeouts == timer(0, START + 11 * RETRY)
    assert ask.outbox() == [(WORKERS, execute("t", 1))]


def test_the_lease_of_a_task_that_is_due_does_not_matter(ask: Client) -> None:
    """Its promise is timed out first: no message is sent."""
    ask.tick(DUE * 9)
    assert ask.task(get_task("t"), now=DUE * 9).state == "fulfilled"
    assert (ask.state().task_timeouts, ask.outbox()) == ([], [])


def test_a_continued_task_is_sent_for_again_after_the_retry_timeout(ask: Client) -> None:
    """Counted from when it went on."""
    ask.send_all(halt("t"), continue_task("t"), now=START + 5)
    ask.tick(START + 5 + RETRY)
    assert ask.state().task_timeouts == timer(0, START + 5 + 2 * RETRY)
