"""The sender reads the answers to a run's requests at once, and leaves odd records to the SDK."""

import asyncio
from typing import Any

import pytest
from resonate.transport import Response, ResponseHead, Transport
from resonate.types import PromiseCreateReq, PromiseRecord, Value

from durable.clock import Clock
from durable.runtime.sender import RunSender

RECORD = {"id": "job:1", "state": "pending", "timeoutAt": 9, "param": {}, "value": {}, "tags": {}, "createdAt": 1}


class FakeTransport(Transport):
    """Answers each request with the same data."""

    def __init__(self, data: object) -> None:
        self.data = data

    async def send(self, kind: str, corr_id: str, body: str, headers: dict[str, str] | None = None) -> Response:
        """Answer."""
        del body, headers
        return Response(kind=kind, head=ResponseHead(corr_id=corr_id), data=self.data)


def create(promise: object, *others: object) -> PromiseRecord:
    """Return the promise that a run creates, as the sender reads it from an answer with other promises of the task."""
    data = {"action": {"data": {"promise": promise}}, "preload": list(others)}
    sender = RunSender(FakeTransport(data), None, {}, Clock().monotonic)
    request = PromiseCreateReq(id="job:1", timeout_at=9)
    return asyncio.run(sender.task_fence_create("job", 1, request)).promise


@pytest.mark.parametrize("odd", [{**RECORD, "param": None}, {**RECORD, "value": None}, {"id": "job:1", "state": "new"}])
def test_an_odd_record_beside_the_answer_fails_no_request(odd: dict[str, Any]) -> None:
    assert create(RECORD, odd).id == "job:1"


def test_a_promise_without_a_value_has_an_empty_one() -> None:
    assert create({**RECORD, "value": None}).value == Value()
