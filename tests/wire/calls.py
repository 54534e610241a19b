"""Every call of the client, for tests that apply to all of them."""

from collections.abc import Callable
from dataclasses import dataclass

from durable.wire.answers import EmptyAnswer, OnePromise, PromisePage
from durable.wire.client import Client
from durable.wire.records import Value
from durable.wire.requests import (
    PromiseCreate,
    PromiseRegisterListener,
    PromiseSearch,
    PromiseSettle,
    TaskContinue,
    TaskHalt,
)
from tests.wire.behaviors import PROMISE, answer_empty, answer_page, answer_promise
from tests.wire.rogue_server import Behavior


@dataclass(frozen=True)
class Example:
    """A call, the data that it must send, the behavior of a valid server, and the result."""

    make: Callable[[Client], object]
    kind: str
    data: dict[str, object]
    behavior: Behavior = answer_promise
    result: object = PROMISE

    def __str__(self) -> str:
        return self.kind


CREATE = PromiseCreate(id="p", timeout_at=2, param=Value(data="eA=="), tags={"resonate:target": "poll://any@g"})
CREATE_DATA = {"id": "p", "timeoutAt": 2, "param": {"data": "eA=="}, "tags": {"resonate:target": "poll://any@g"}}
SETTLE = PromiseSettle(id="p", state="rejected_canceled")
SEARCH = PromiseSearch(state="pending", tags={"job": "7"}, limit=10, cursor="o")
LISTEN = PromiseRegisterListener(awaited="p", address="https://example.test/done")

IDEMPOTENT_CALLS = [
    Example(lambda client: client.create(CREATE), "promise.create", CREATE_DATA),
    Example(lambda client: client.get("p"), "promise.get", {"id": "p"}),
    Example(lambda client: client.settle(SETTLE), "promise.settle", {"id": "p", "state": "rejected_canceled"}),
    Example(
        lambda client: client.search(SEARCH),
        "promise.search",
        {"state": "pending", "tags": {"job": "7"}, "limit": 10, "cursor": "o"},
        answer_page,
        PromisePage(promises=[PROMISE]),
    ),
    Example(
        lambda client: client.ask(LISTEN, OnePromise).promise,
        "promise.register_listener",
        {"awaited": "p", "address": "https://example.test/done"},
    ),
    Example(
        lambda client: client.ask(TaskHalt(id="t"), EmptyAnswer), "task.halt", {"id": "t"}, answer_empty, EmptyAnswer()
    ),
]
CONTINUE_CALL = Example(
    lambda client: client.ask(TaskContinue(id="t"), EmptyAnswer),
    "task.continue",
    {"id": "t"},
    answer_empty,
    EmptyAnswer(),
)
ALL_CALLS = [*IDEMPOTENT_CALLS, CONTINUE_CALL]
