"""Preloads: with a task its worker gets the promises of the task's branch, so that its function can go on."""

import pytest

from durable.wire.records import Promise

from .protocol_client import Client
from .requests import DUE, WORKERS, acquire, create, fence, fulfill, get, settle, suspend, take
from .target import START

TASK = create("m", branch="m", target=WORKERS)


def branch_of(ask: Client, how: str) -> list[Promise]:
    """Get the preload of the task `m` in one of the ways there are."""
    if how == "take":
        return ask.task_acquisition(take(TASK)).preload
    ask.send_all(TASK)
    taken = ask.task_acquisition(acquire("m"))
    if how == "acquire":
        return taken.preload
    if how == "fence":
        return ask.fence_answer(fence("m", 1, settle("z"))).preload
    return ask.suspend_preload(suspend("m", 1, "z"))


@pytest.mark.parametrize("how", ["take", "acquire", "fence", "suspend"])
def test_a_preload_is_the_rest_of_the_branch_in_the_order_of_ids(ask: Client, how: str) -> None:
    """Settled or not, created before or after; without the task's own promise, and nothing of another branch."""
    for age, name in enumerate(["B", "a", "z"]):
        ask.send_all(create(name, branch="m", data=name), now=START - age)  # the youngest is not the last
    ask.send_all(create("m:1", branch="m:1"), create("other"), create("named", parent="m", origin="m"))
    ask.send_all(settle("z", "rejected", "dg=="))
    assert branch_of(ask, how) == [ask.promise(get(name)) for name in ("B", "a", "z")]


def test_what_a_fence_creates_is_in_its_preload(ask: Client) -> None:
    """When it is in the branch."""
    ask.send_all(take(TASK))
    assert [found.id for found in ask.fence_answer(fence("m", 1, create("m.1", branch="m"))).preload] == ["m.1"]
    assert [found.id for found in ask.fence_answer(fence("m", 1, create("m.2", branch="x"))).preload] == ["m.1"]


@pytest.mark.parametrize("state", ["acquired", "taken"])
def test_a_task_without_a_branch_gets_no_preload(ask: Client, state: str) -> None:
    """Other promises without a branch are not preloaded, either."""
    ask.send_all(create("a"))
    if state == "taken":
        assert ask.task_acquisition(take(create("t", target=WORKERS))).preload == []
    else:
        ask.send_all(create("t", target=WORKERS))
        assert ask.task_acquisition(acquire("t")).preload == []


def test_an_empty_branch_is_a_branch(ask: Client) -> None:
    """The tag counts, and not what it says."""
    ask.send_all(create("a", branch=""))
    assert [found.id for found in ask.task_acquisition(take(create("t", branch="", target=WORKERS))).preload] == ["a"]


def test_a_fulfilled_task_gets_no_preload(ask: Client) -> None:
    """There is nothing to go on with."""
    ask.send_all(take(TASK), create("a", branch="m"), fulfill("m", 1))
    assert ask.task_acquisition(take(TASK)).preload == []


def test_a_preload_times_nothing_out(ask: Client) -> None:
    """What is due in the branch is shown pending until a request names it."""
    ask.send_all(create("late", branch="m"), create("m", branch="m", due=DUE + 9, target=WORKERS))
    assert ask.task_acquisition(acquire("m"), now=DUE).preload[0].state == "pending"
