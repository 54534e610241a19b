"""Waiting for a promise: tasks by callbacks, addresses by listeners."""

import pytest

from durable.wire.answers import Callback, Listener

from .protocol_client import Client, execute, unblock
from .requests import (
    LEASE,
    RETRY,
    WORKERS,
    acquire,
    call_back,
    create,
    get,
    get_task,
    halt,
    listen,
    settle,
    suspend,
    take,
)
from .target import START


@pytest.fixture(autouse=True)
def _promises(ask: Client) -> None:
    """Have a pending task `waiter` and a promise `p` that it may wait for."""
    ask.send_all(create("waiter", target=WORKERS), create("p"))


def test_a_callback_is_answered_with_the_promise_that_is_awaited(ask: Client) -> None:
    """The callback is kept until the promise is settled."""
    assert ask.promise(call_back("waiter", "p")) == ask.promise(get("p"))
    assert ask.state().callbacks == [Callback(awaiter="waiter", awaited="p")]


def test_a_callback_is_kept_once(ask: Client) -> None:
    """Registering it again has no effect."""
    ask.send_all(call_back("waiter", "p"), call_back("waiter", "p"))
    assert ask.state().callbacks == [Callback(awaiter="waiter", awaited="p")]


@pytest.mark.parametrize(
    ("awaiter", "awaited", "status"),
    [
        ("waiter", "missing", 404),
        ("missing", "missing, too", 404),  # what is awaited is looked for first
        ("missing", "p", 422),
        ("p", "waiter", 422),  # has no task to resume
        ("p", "p", 400),
    ],
)
def test_a_callback_needs_a_promise_and_another_with_a_task(
    ask: Client, awaiter: str, awaited: str, status: int
) -> None:
    """The awaited promise must exist, and the awaiter must have a target."""
    assert ask.status(call_back(awaiter, awaited)) == status
    assert ask.state().callbacks == []


def test_a_settled_promise_waits_for_nothing(ask: Client) -> None:
    """Its callback is accepted and not stored."""
    ask.send_all(settle("waiter"), call_back("waiter", "p"))
    assert ask.state().callbacks == []


@pytest.mark.parametrize("state", ["pending", "acquired", "halted"])
def test_a_settlement_counts_as_a_resume_of_a_task_that_is_not_suspended(ask: Client, state: str) -> None:
    """The task keeps its state and no message is sent, but its resumes are counted."""
    ask.send_all(call_back("waiter", "p"))
    if state == "acquired":
        ask.send_all(acquire("waiter"))
    if state == "halted":
        ask.send_all(halt("waiter"))
    sent = ask.outbox()
    ask.send_all(settle("p"))
    task = ask.task(get_task("waiter"))
    assert (task.state, task.resumes) == (state, 1)
    assert (ask.state().callbacks, ask.outbox()) == ([], sent)


@pytest.mark.parametrize(("state", "resumes"), [("pending", 1), ("acquired", 1), ("halted", 0)])
def test_a_callback_on_a_settled_promise_counts_as_a_resume(ask: Client, state: str, resumes: int) -> None:
    """A halted task is the exception."""
    ask.send_all(settle("p"))
    if state == "acquired":
        ask.send_all(acquire("waiter"))
    if state == "halted":
        ask.send_all(halt("waiter"))
    ask.send_all(call_back("waiter", "p"))
    task = ask.task(get_task("waiter"))
    assert (task.state, task.resumes) == (state, resumes)


def test_a_callback_on_a_settled_promise_resumes_a_suspended_task(ask: Client) -> None:
    """As if it were settled now: the task waits again at its version, and its message is sent."""
    ask.send_all(create("q"), settle("p"), acquire("waiter"), suspend("waiter", 1, "q"))
    ask.send_all(call_back("waiter", "p"), now=START + 3)
    state = ask.state()
    task = next(task for task in state.tasks if task.id == "waiter")
    assert (task.state, task.version, task.resumes) == ("pending", 1, 1)
    assert [(timeout.kind, timeout.timeout) for timeout in state.task_timeouts] == [(0, START + 3 + RETRY)]
    assert ask.outbox() == [(WORKERS, execute("waiter", 1))]
    assert state.callbacks == [Callback(awaiter="waiter", awaited="q")]


def test_acquiring_a_task_deletes_its_resumes(ask: Client) -> None:
    """The answer shows none, either."""
    ask.send_all(call_back("waiter", "p"), settle("p"))
    assert ask.task_acquisition(acquire("waiter")).task.resumes == 0
    assert ask.task(get_task("waiter")).resumes == 0


def test_acquiring_a_task_keeps_the_callbacks_that_wait(ask: Client) -> None:
    """Only those whose promise is settled are gone."""
    ask.send_all(create("q"), call_back("waiter", "p"), call_back("waiter", "q"), settle("p"), acquire("waiter"))
    assert ask.state().callbacks == [Callback(awaiter="waiter", awaited="q")]


def test_settling_an_awaiter_deletes_its_callbacks(ask: Client) -> None:
    """There is no task left to resume."""
    ask.send_all(call_back("waiter", "p"), settle("waiter"))
    assert ask.state().callbacks == []
    ask.send_all(settle("p"))
    assert ask.task(get_task("waiter")).state == "fulfilled"


def test_one_settlement_resumes_every_task_that_waits(ask: Client) -> None:
    """Each gets a message of its own."""
    for task in ("t1", "t2", "t3"):
        ask.send_all(take(create(task, target=f"poll://any@{task}")), suspend(task, 1, "p"))
    ask.send_all(settle("p"))
    assert ask.outbox()[:3] == [(f"poll://any@{task}", execute(task, 1)) for task in ("t1", "t2", "t3")]


def test_a_listener_gets_one_message_when_its_promise_is_settled(ask: Client) -> None:
    """It has the whole record; the listener is deleted."""
    assert ask.promise(listen("p", "poll://any@l")) == ask.promise(get("p"))
    assert ask.state().listeners == [Listener(id="p", address="poll://any@l")]
    settled = ask.promise(settle("p", "rejected", "dg=="), now=START + 9)
    assert ask.outbox()[-1] == ("poll://any@l", unblock(settled))
    assert ask.state().listeners == []


def test_every_listening_address_gets_one_message(ask: Client) -> None:
    """However often it registered, in the order of the addresses."""
    ask.send_all(*(listen("p", f"poll://any@{group}") for group in "cabca"))
    settled = ask.promise(settle("p"))
    assert ask.outbox()[1:] == [(f"poll://any@{group}", unblock(settled)) for group in "abc"]


def test_a_listener_on_a_settled_promise_gets_no_message(ask: Client) -> None:
    """The answer has the settled promise."""
    settled = ask.promise(settle("p"))
    assert ask.promise(listen("p", "poll://any@l")) == settled
    assert (ask.state().listeners, ask.outbox()) == ([], [(WORKERS, execute("waiter", 0))])


@pytest.mark.parametrize(
    ("promise", "address", "status"), [("missing", WORKERS, 404), ("p", "nowhere", 400), ("missing", "nowhere", 400)]
)
def test_a_listener_needs_an_address_and_a_promise(ask: Client, promise: str, address: str, status: int) -> None:
    """The address is looked at first."""
    assert ask.status(listen(promise, address)) == status
    assert ask.state().listeners == []


def test_a_task_has_one_message_in_the_outbox(ask: Client) -> None:
    """The newest: it has the version that can be acquired."""
    ask.send_all(acquire("waiter"), suspend("waiter", 1, "p"), settle("p"))
    assert ask.outbox() == [(WORKERS, execute("waiter", 1))]


def test_messages_to_workers_stand_before_messages_to_listeners(ask: Client) -> None:
    """Each in the order of the promises."""
    ask.send_all(create("b"), listen("b"), listen("p"), settle("p"), settle("b"), create("a", target=WORKERS))
    b, p = ask.promise(get("b")), ask.promise(get("p"))
    assert [message for _, message in ask.outbox()] == [execute("a", 0), execute("waiter", 0), unblock(b), unblock(p)]


def test_neither_acquiring_nor_settling_takes_back_a_message(ask: Client) -> None:
    """Its receiver finds out that there is no task to acquire."""
    ask.send_all(acquire("waiter", ttl=LEASE), settle("waiter"))
    assert ask.outbox() == [(WORKERS, execute("waiter", 0))]
