"""Has a function run: from here through the API, the server, a worker and the function, and back."""

import json
import math
from http import HTTPStatus
from secrets import token_hex
from typing import Final

from contract.functions import FACTORIAL, InvocationDone, InvocationFailed, InvocationProcessing
from ops.http_errors import explain_response

from .check import Outcome, fail, ok, skip
from .context import ApiContext

NUMBER: Final = 3  # each multiplication is an invocation of its own, and waits for the next one
_POLL_SECONDS: Final = 0.2
_TIMEOUT_SECONDS: Final = 30.0  # the first invocation after a pause starts slowly
_REMEDY: Final = "see ./longhand logs worker and ./longhand logs functions"


def check_functions(context: ApiContext) -> Outcome:
    """Invoke the factorial, and compare its result."""
    name, started_at = f"doctor-{token_hex(8)}", context.clock.monotonic()
    body = json.dumps({"id": name, "function": FACTORIAL.name, "args": [NUMBER]}).encode()
    response = context.api.send_once("POST", "/invocations", body)
    if b'"unknown_function"' in response.data:
        return skip("this deployment has no functions (-c functions=off)")
    if response.status != HTTPStatus.ACCEPTED:
        error = explain_response(context.api.url, response)
        return fail(error.sentence, error.remedy)
    while isinstance(answer := context.api.read_invocation(name), InvocationProcessing):
        if context.clock.monotonic() - started_at > _TIMEOUT_SECONDS:
            return fail(f"a function has not finished after {_TIMEOUT_SECONDS:.0f} s", _REMEDY)
        context.clock.sleep(_POLL_SECONDS)
    seconds = context.clock.monotonic() - started_at
    if isinstance(answer, InvocationDone) and answer.result == math.factorial(NUMBER):
        return ok(f"{FACTORIAL.name}({NUMBER}) in {seconds:.1f} s, through API, server, worker and function")
    reason = f"{answer.error.code}: {answer.error.message}" if isinstance(answer, InvocationFailed) else answer.status
    return fail(f"{FACTORIAL.name}({NUMBER}) ended otherwise than with its result ({reason})", _REMEDY)
