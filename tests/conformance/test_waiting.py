"""Who waits for a promise: tasks by callbacks, addresses by listeners."""

import pytest

from wire.answers import Callback, Listener

from .ask import Ask, execute, unblock
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
def _promises(ask: Ask) -> None:
    """Have a pending task `waiter` and a promise `p` that it may wait for."""
    ask.done(create("waiter", target=WORKERS), create("p"))


def test_a_callback_is_answered_with_the_promise_that_is_awaited(ask: Ask) -> None:
    """And is kept until that is settled."""
    assert ask.promise(call_back("waiter", "p")) == ask.promise(get("p"))
    assert ask.state().callbacks == [Callback(awaiter="waiter", awaited="p")]


def test_a_callback_is_kept_once(ask: Ask) -> None:
    """However often it is registered."""
    ask.done(call_back("waiter", "p"), call_back("waiter", "p"))
    assert ask.state().callbacks == [Callback(awaiter="waiter", awaited="p")]


@pytest.mark.parametrize(
    ("awaiter", "awaited", "status"),
    [
        ("waiter", "nobody", 404),
        ("nobody", "nobody else", 404),  # what is awaited is looked for first
        ("nobody", "p", 422),
        ("p", "waiter", 422),  # has no task to resume
        ("p", "p", 400),
    ],
)
def test_a_callback_needs_a_promise_and_another_with_a_task(ask: Ask, awaiter: str, awaited: str, status: int) -> None:
    """What is awaited must exist, and who waits must have a target."""
    assert ask.status(call_back(awaiter, awaited)) == status
    assert ask.state().callbacks == []


def test_a_settled_promise_waits_for_nothing(ask: Ask) -> None:
    """Its callback is taken, and not kept."""
    ask.done(settle("waiter"), call_back("waiter", "p"))
    assert ask.state().callbacks == []


@pytest.mark.parametrize("state", ["pending", "acquired", "halted"])
def test_a_settlement_counts_as_a_resume_of_a_task_that_is_not_suspended(ask: Ask, state: str) -> None:
    """The task stays what it is and nobody is sent for, but it shows that something happened."""
    ask.done(call_back("waiter", "p"))
    if state == "acquired":
        ask.done(acquire("waiter"))
    if state == "halted":
        ask.done(halt("waiter"))
    sent = ask.sent()
    ask.done(settle("p"))
    task = ask.task(get_task("waiter"))
    assert (task.state, task.resumes) == (state, 1)
    assert (ask.state().callbacks, ask.sent()) == ([], sent)


@pytest.mark.parametrize(("state", "resumes"), [("pending", 1), ("acquired", 1), ("halted", 0)])
def test_a_callback_on_a_settled_promise_counts_as_a_resume(ask: Ask, state: str, resumes: int) -> None:
    """But for a halted task."""
    ask.done(settle("p"))
    if state == "acquired":
        ask.done(acquire("waiter"))
    if state == "halted":
        ask.done(halt("waiter"))
    ask.done(call_back("waiter", "p"))
    task = ask.task(get_task("waiter"))
    assert (task.state, task.resumes) == (state, resumes)


def test_a_callback_on_a_settled_promise_resumes_a_suspended_task(ask: Ask) -> None:
    """As if it were settled now: the task waits again at its version, and a worker is sent for."""
    ask.done(create("q"), settle("p"), acquire("waiter"), suspend("waiter", 1, "q"))
    ask.done(call_back("waiter", "p"), now=START + 3)
    state = ask.state()
    task = next(task for task in state.tasks if task.id == "waiter")
    assert (task.state, task.version, task.resumes) == ("pending", 1, 1)
    assert [(timeout.kind, timeout.timeout) for timeout in state.task_timeouts] == [(0, START + 3 + RETRY)]
    assert ask.sent() == [(WORKERS, execute("waiter", 1))]
    assert state.callbacks == [Callback(awaiter="waiter", awaited="q")]


def test_acquiring_a_task_forgets_its_resumes(ask: Ask) -> None:
    """The worker that takes it looks for itself; the answer shows none either."""
    ask.done(call_back("waiter", "p"), settle("p"))
    assert ask.taken(acquire("waiter")).task.resumes == 0
    assert ask.task(get_task("waiter")).resumes == 0


def test_acquiring_a_task_keeps_the_callbacks_that_wait(ask: Ask) -> None:
    """Only those whose promise is settled are gone."""
    ask.done(create("q"), call_back("waiter", "p"), call_back("waiter", "q"), settle("p"), acquire("waiter"))
    assert ask.state().callbacks == [Callback(awaiter="waiter", awaited="q")]


def test_settling_a_waiter_forgets_what_it_waited_for(ask: Ask) -> None:
    """Nobody is left to resume."""
    ask.done(call_back("waiter", "p"), settle("waiter"))
    assert ask.state().callbacks == []
    ask.done(settle("p"))
    assert ask.task(get_task("waiter")).state == "fulfilled"


def test_one_settlement_resumes_every_task_that_waits(ask: Ask) -> None:
    """Each gets a message of its own."""
    for task in ("t1", "t2", "t3"):
        ask.done(take(create(task, target=f"poll://any@{task}")), suspend(task, 1, "p"))
    ask.done(settle("p"))
    assert ask.sent()[:3] == [(f"poll://any@{task}", execute(task, 1)) for task in ("t1", "t2", "t3")]


def test_a_listener_is_told_once_when_its_promise_is_settled(ask: Ask) -> None:
    """With the whole record; after that it listens no more."""
    assert ask.promise(listen("p", "poll://any@l")) == ask.promise(get("p"))
    assert ask.state().listeners == [Listener(id="p", address="poll://any@l")]
    settled = ask.promise(settle("p", "rejected", "dg=="), now=START + 9)
    assert ask.sent()[-1] == ("poll://any@l", unblock(settled))
    assert ask.state().listeners == []


def test_every_address_that_listens_is_told_once(ask: Ask) -> None:
    """However often it registered, in the order of the addresses."""
    ask.done(*(listen("p", f"poll://any@{group}") for group in "cabca"))
    settled = ask.promise(settle("p"))
    assert ask.sent()[1:] == [(f"poll://any@{group}", unblock(settled)) for group in "abc"]


def test_a_listener_on_a_settled_promise_hears_nothing(ask: Ask) -> None:
    """It learns from the answer that it came late."""
    settled = ask.promise(settle("p"))
    assert ask.promise(listen("p", "poll://any@l")) == settled
    assert (ask.state().listeners, ask.sent()) == ([], [(WORKERS, execute("waiter", 0))])


@pytest.mark.parametrize(
    ("promise", "address", "status"), [("nobody", WORKERS, 404), ("p", "nowhere", 400), ("nobody", "nowhere", 400)]
)
def test_a_listener_needs_an_address_and_a_promise(ask: Ask, promise: str, address: str, status: int) -> None:
    """The address is looked at first."""
    assert ask.status(listen(promise, address)) == status
    assert ask.state().listeners == []


def test_a_task_has_one_message_in_the_outbox(ask: Ask) -> None:
    """The newest: it tells the version that can be acquired."""
    ask.done(acquire("waiter"), suspend("waiter", 1, "p"), settle("p"))
    assert ask.sent() == [(WORKERS, execute("waiter", 1))]


def test_messages_to_workers_stand_before_messages_to_listeners(ask: Ask) -> None:
    """Each in the order of the promises."""
    ask.done(create("b"), listen("b"), listen("p"), settle("p"), settle("b"), create("a", target=WORKERS))
    b, p = ask.promise(get("b")), ask.promise(get("p"))
    assert [message for _, message in ask.sent()] == [execute("a", 0), execute("waiter", 0), unblock(b), unblock(p)]


def test_neither_acquiring_nor_settling_takes_back_a_message(ask: Ask) -> None:
    """Who gets it finds out that there is nothing to take."""
    ask.done(acquire("waiter", ttl=LEASE), settle("waiter"))
    assert ask.sent() == [(WORKERS, execute("waiter", 0))]
