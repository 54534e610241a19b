"""A program without the SDK starts a workflow and waits for its result."""

import base64
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from pydantic import BaseModel

from durable.wire.answers import OnePromise
from durable.wire.client import Client
from durable.wire.errors import WorkflowFailed
from durable.wire.records import Value
from durable.wire.requests import PromiseSettle
from durable.wire.roots import root_promise
from local.server_process import ServerProcess
from tests.waiting import TIMEOUT_SECONDS
from tests.wire.behaviors import PROMISE, answer_with
from tests.wire.conftest import FakeTime, MakeClient, StartRogue

TARGET = "poll://any@orders"


class Order(BaseModel):
    """An argument that is a pydantic model."""

    number: int


@dataclass
class Customer:
    """An argument that is a dataclass."""

    name: str


@pytest.fixture
def server_client(server: ServerProcess) -> Iterator[Client]:
    """A client of each server in turn."""
    with Client(server.url) as client:
        yield client


def test_a_root_promise_holds_the_call_and_the_tags_of_the_sdk() -> None:
    request = root_promise(
        *("order/1", "ship", Order(number=1), Customer("Zoë")),
        target=TARGET, timeout_at=5, version=3, kwargs={"fast": True}, tags={"kind": "order"},
    )  # fmt: skip
    assert json.loads(base64.b64decode(request.param.data or "")) == {
        "func": "ship", "args": [{"number": 1}, {"name": "Zoë"}], "kwargs": {"fast": True}, "version": 3,
    }  # fmt: skip
    assert request.tags == {
        "kind": "order",
        "resonate:origin": "order/1",
        "resonate:branch": "order/1",
        "resonate:parent": "order/1",
        "resonate:scope": "global",
        "resonate:target": TARGET,
    }
    assert request.timeout_at == 5


def test_an_argument_that_json_cannot_hold_is_refused() -> None:
    with pytest.raises(TypeError, match="object cannot be written as JSON"):
        root_promise("order/1", "ship", object(), target=TARGET, timeout_at=5)


def test_a_workflow_is_started_once_for_each_id(server_client: Client) -> None:
    begun = time.time()
    first = server_client.start("order/1", "ship", 1, target=TARGET, timeout=60)
    assert first.state == "pending"
    assert first.timeout_at == pytest.approx((begun + 60) * 1000, abs=10_000)
    assert server_client.start("order/1", "ship", 2, target=TARGET, timeout=60) == first


def test_the_result_is_what_the_workflow_returned(server_client: Client) -> None:
    server_client.start("order/1", "ship", target=TARGET, timeout=60)
    server_client.settle(PromiseSettle(id="order/1", state="resolved", value=Value.encode({"parcels": 2})))
    assert server_client.result("order/1", timeout=TIMEOUT_SECONDS) == {"parcels": 2}


def test_a_failed_workflow_raises_its_error(server_client: Client) -> None:
    server_client.start("order/1", "ship", target=TARGET, timeout=60)
    value = Value.encode({"__type": "error", "message": "no address"})
    server_client.settle(PromiseSettle(id="order/1", state="rejected", value=value))
    with pytest.raises(WorkflowFailed, match=r"^order/1 was rejected: no address$") as caught:
        server_client.result("order/1", timeout=TIMEOUT_SECONDS)
    assert (caught.value.state, caught.value.message) == ("rejected", "no address")


def test_a_canceled_workflow_has_no_result(server_client: Client) -> None:
    server_client.start("order/1", "ship", target=TARGET, timeout=60)
    server_client.settle(PromiseSettle(id="order/1", state="rejected_canceled"))
    with pytest.raises(WorkflowFailed, match=r"^order/1 was rejected_canceled$"):
        server_client.result("order/1", timeout=TIMEOUT_SECONDS)


def test_a_wait_polls_with_backoff_until_its_timeout(
    start_rogue: StartRogue, make_client: MakeClient, fake_time: FakeTime
) -> None:
    server = start_rogue(answer_with(OnePromise(promise=PROMISE)))
    with pytest.raises(TimeoutError, match=r"^p is still pending after 3 s$"):
        make_client(server.url).wait("p", timeout=3)
    assert fake_time.pauses == [0.1, 0.2, 0.4, 0.8, 1.0]
