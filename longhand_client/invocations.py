"""The operations on invocations of durable functions."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from msgspec import json

from contract.functions import InvocationAccepted, InvocationAnswer, InvocationProcessing

from .exchange import Operation, Request
from .polling import SYSTEM_PACE, Pace, Poller
from .sending import ask


def invoke(function: str, args: Sequence[Any] = (), invocation_id: str | None = None) -> Operation[InvocationAccepted]:
    """Have a function run. The same function, arguments and id are one invocation; the API makes a missing id."""
    body = {"function": function, "args": args} | ({} if invocation_id is None else {"id": invocation_id})
    request = Request(method="POST", path="/invocations", body=json.encode(body))
    accepted: InvocationAccepted = yield from ask(request, InvocationAccepted, HTTPStatus.ACCEPTED)
    return accepted


def invocation(invocation_id: str) -> Operation[InvocationAnswer]:
    """Return the state of an invocation, with what the function returned."""
    request = Request(method="GET", path=f"/invocations/{invocation_id}")
    answer: InvocationAnswer = yield from ask(request, InvocationAnswer)
    return answer


def wait_for_invocation(
    invocation_id: str, timeout: float | None = None, pace: Pace = SYSTEM_PACE
) -> Operation[InvocationAnswer]:
    """Wait until a function has ended. After `timeout` seconds raise WaitTimeoutError; the invocation continues."""
    path = f"/invocations/{invocation_id}"
    return Poller[InvocationAnswer](path, InvocationAnswer, (InvocationProcessing,), pace=pace, timeout=timeout).wait()
