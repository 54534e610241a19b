"""Every call of the client, for the tests that hold of all of them."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.wire.manners import PROMISE, done, good, page
from tests.wire.rogue import Manner
from wire.answers import EmptyAnswer, OnePromise, PromisePage
from wire.client import Client
from wire.records import Value
from wire.requests import (
    PromiseCreate,
    PromiseRegisterListener,
    PromiseSearch,
    PromiseSettle,
    TaskContinue,
    TaskHalt,
)


@dataclass(frozen=True)
class Example:
    """A call, what it must send, how a good server answers, and what must come back."""

    make: Callable[[Client], object]
    kind: str
    data: dict[str, object]
    manner: Manner = good
    result: object = PROMISE

    def __str__(self) -> str:
        return self.kind


CREATE = PromiseCreate(id="p", timeout_at=2, param=Value(data="eA=="), tags={"resonate:target": "poll://any@g"})
CREATED = {"id": "p", "timeoutAt": 2, "param": {"data": "eA=="}, "tags": {"resonate:target": "poll://any@g"}}
SETTLE = PromiseSettle(id="p", state="rejected_canceled")
SEARCH = PromiseSearch(state="pending", tags={"job": "7"}, limit=10, cursor="o")
LISTEN = PromiseRegisterListener(awaited="p", address="https://example.test/done")

REPEATED = [
    Example(lambda client: client.create(CREATE), "promise.create", CREATED),
    Example(lambda client: client.get("p"), "promise.get", {"id": "p"}),
    Example(lambda client: client.settle(SETTLE), "promise.settle", {"id": "p", "state": "rejected_canceled"}),
    Example(
        lambda client: client.search(SEARCH),
        "promise.search",
        {"state": "pending", "tags": {"job": "7"}, "limit": 10, "cursor": "o"},
        page,
        PromisePage(promises=[PROMISE]),
    ),
    Example(
        lambda client: client.ask(LISTEN, OnePromise).promise,
        "promise.register_listener",
        {"awaited": "p", "address": "https://example.test/done"},
    ),
    Example(lambda client: client.ask(TaskHalt(id="t"), EmptyAnswer), "task.halt", {"id": "t"}, done, EmptyAnswer()),
]
ONCE = Example(
    lambda client: client.ask(TaskContinue(id="t"), EmptyAnswer), "task.continue", {"id": "t"}, done, EmptyAnswer()
)
EVERY = [*REPEATED, ONCE]
