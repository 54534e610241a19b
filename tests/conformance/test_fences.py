"""Fences: a promise created or settled on behalf of a task, but only while the task is held at this version."""

import pytest

from durable.wire.answers import InnerAnswer, InnerHead, OnePromise, TaskTimeout
from durable.wire.envelope import VERSION

from .protocol_client import Client, execute
from .requests import (
    DUE,
    LEASE,
    RETRY,
    WORKERS,
    Call,
    create,
    fence,
    get,
    get_task,
    settle,
    suspend,
    take,
)
from .target import START

ACTIONS = pytest.mark.parametrize("action", [create("a"), settle("a")], ids=["create", "settle"])


@pytest.fixture(autouse=True)
def _held(ask: Client) -> None:
    """Have a task `t` that is held at version 1."""
    ask.send_all(take(create("t", target=WORKERS)))


def test_a_promise_is_created_under_a_fence(ask: Client) -> None:
    """The promise is the same as without a fence; the inner answer has the outer corrId."""
    fenced = ask.fence_answer(fence("t", 1, create("a", data="MQ==")), now=START + 5)
    a = ask.promise(get("a"))
    assert fenced.action == InnerAnswer(
        kind="promise.create",
        head=InnerHead(corr_id="c", status=200, version=VERSION),
        data=OnePromise(promise=a),
    )
    assert (a.state, a.param.data, a.created_at) == ("pending", "MQ==", START + 5)


def test_a_promise_is_settled_under_a_fence(ask: Client) -> None:
    """Tasks that await it are resumed."""
    ask.send_all(create("a"), take(create("w", target=WORKERS)), suspend("w", 1, "a"))
    fenced = ask.fence_answer(fence("t", 1, settle("a", "rejected", "dg==")), now=START + 5)
    a = ask.promise(get("a"))
    assert (fenced.action.kind, fenced.action.data) == ("promise.settle", OnePromise(promise=a))
    assert (a.state, a.value.data, a.settled_at) == ("rejected", "dg==", START + 5)
    assert ask.task(get_task("w")).state == "pending"


def test_a_target_gives_a_fenced_promise_a_task(ask: Client) -> None:
    """This is how a workflow calls another one."""
    ask.send_all(fence("t", 1, create("a", target="poll://any@others")))
    assert (ask.task(get_task("a")).state, ask.task(get_task("a")).version) == ("pending", 0)
    assert ask.outbox() == [("poll://any@others", execute("a", 0))]
    assert ask.state().task_timeouts[0] == TaskTimeout(id="a", kind=0, timeout=START + RETRY)


@pytest.mark.parametrize("timer", ["true", "false"])
def test_a_fenced_promise_that_is_due_is_settled_in_its_past(ask: Client, timer: str) -> None:
    """A fence makes no difference."""
    ask.send_all(fence("t", 1, create("a", due=START, timer=timer)), now=START + 5)
    a = ask.promise(get("a"))
    assert (a.state, a.created_at) == ({"true": "resolved", "false": "rejected_timedout"}[timer], START)


@ACTIONS
def test_what_is_there_already_stays_under_a_fence(ask: Client, action: Call) -> None:
    """The inner answer is the record that stays."""
    ask.send_all(create("a", data="first"))
    settled = ask.promise(settle("a", "rejected"))
    before = ask.state()
    assert ask.fence_answer(fence("t", 1, action), now=START + 5).action.data == OnePromise(promise=settled)
    assert ask.state() == before


def test_a_missing_promise_is_an_inner_refusal(ask: Client) -> None:
    """The fence held, so the request succeeded: it is the action that did not."""
    fenced = ask.fence_answer(fence("t", 1, settle("a")))
    assert (fenced.action.head.status, fenced.action.data) == (404, "Promise not found")


@ACTIONS
@pytest.mark.parametrize(("task", "version", "status"), [("missing", 1, 404), ("t", 0, 409), ("t", 2, 409)])
def test_a_fence_that_does_not_hold_stops_the_action(
    ask: Client, action: Call, task: str, version: int, status: int
) -> None:
    """The task does not exist, or another worker may hold it."""
    ask.send_all(create("a"))
    before = ask.state()
    assert ask.status(fence(task, version, action)) == status
    assert ask.state() == before


@pytest.mark.parametrize(
    "action",
    [
        get("a"),
        create("a", target="nowhere"),
        create(""),
        create("a", due=-1),
        settle("a", "pending"),
        Call("promise.create", {}),
        Call("promise.create", None),
        Call("promise.settle", []),
    ],
    ids=["kind", "address", "id", "time", "state", "nothing", "null", "a list"],
)
@pytest.mark.parametrize("task", ["t", "missing"])
def test_an_invalid_action_is_refused_before_the_task_is_looked_up(ask: Client, action: Call, task: str) -> None:
    """A bad request, and not a missing task."""
    assert ask.status(fence(task, 1, action)) == 400


@pytest.mark.parametrize("action", [create("t"), settle("t"), get("t")])
def test_a_task_does_not_act_on_its_own_promise(ask: Client, action: Call) -> None:
    """That is what fulfil is for."""
    assert ask.status(fence("t", 1, action)) == 400
    assert ask.promise(get("t")).state == "pending"


def test_a_fence_holds_until_the_task_is_due(ask: Client) -> None:
    """Even after its lease, as long as no tick has ended it."""
    ask.send_all(fence("t", 1, create("a")), now=START + LEASE)
    assert ask.status(fence("t", 1, create("b")), now=DUE) == 409


def test_an_action_needs_no_head(ask: Client) -> None:
    """Its existence is not checked, either."""
    kind, data = fence("t", 1, create("a"))
    assert isinstance(data, dict)
    ask.send_all(Call(kind, data | {"action": {"kind": "promise.create", "data": create("a").data}}))
    ask.send_all(Call(kind, data | {"action": {"kind": "promise.create", "data": create("b").data, "head": 5}}))
    assert [promise.id for promise in ask.state().promises] == ["a", "b", "t"]
