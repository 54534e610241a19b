"""Runs a function: from here through the API, the server, a worker and the function, and back."""

import math
from secrets import token_hex
from typing import Final

from contract.functions import FACTORIAL, InvocationDone, InvocationFailed
from longhand_client import ApiError, Pace, WaitTimeoutError
from ops.errors import UserError

from .check import Outcome, fail, ok, skip
from .context import ApiContext

NUMBER: Final = 3  # each multiplication is an invocation of its own, and waits for the next one
_TIMEOUT_SECONDS: Final = 30.0  # the first invocation after a pause starts slowly
_REMEDY: Final = "see ./longhand logs worker and ./longhand logs functions"


def check_functions(context: ApiContext) -> Outcome:
    """Invoke the factorial, and compare its result."""
    name, now = f"doctor-{token_hex(8)}", context.clock.monotonic
    started_at = now()
    try:
        context.api.invoke(FACTORIAL.name, [NUMBER], name)
        answer = context.api.wait_for_invocation(name, _TIMEOUT_SECONDS, Pace(now=now))
    except WaitTimeoutError:
        return fail(f"a function has not finished after {_TIMEOUT_SECONDS:.0f} s", _REMEDY)
    except UserError as error:
        if isinstance(error.__cause__, ApiError) and error.__cause__.code == "unknown_function":
            return skip("this deployment has no functions (-c functions=off)")
        raise
    if isinstance(answer, InvocationDone) and answer.result == math.factorial(NUMBER):
        return ok(f"{FACTORIAL.name}({NUMBER}) in {now() - started_at:.1f} s, through API, server, worker and function")
    reason = f"{answer.error.code}: {answer.error.message}" if isinstance(answer, InvocationFailed) else answer.status
    return fail(f"{FACTORIAL.name}({NUMBER}) ended otherwise than with its result ({reason})", _REMEDY)
