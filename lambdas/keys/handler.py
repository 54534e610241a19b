"""The Lambda function of a custom resource. CloudFormation gets a response in every case.

The code that may fail is imported late and runs in a thread. So the function responds even after an import error, an
unexpected exception or a call that hangs. Without a response the stack would wait for an hour.
"""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Protocol

from .errors import KeysError
from .logs import list_frames, log_event
from .response import RESPONSE_SECONDS, Outcome, build_response, send_response

_MIN_SECONDS: Final = 1.0  # to work in, however short the function's timeout is
_RESERVED_SECONDS: Final = 10.0  # of the time to work in, for what follows a denied call


class Context(Protocol):
    """The part of Lambda's context object that is used."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the time until Lambda ends the function."""


def handler(event: Mapping[str, Any], context: Context) -> None:
    """Respond to one request."""
    seconds = max(_MIN_SECONDS, context.get_remaining_time_in_millis() / 1_000 - RESPONSE_SECONDS)
    outcome = _process(event, seconds)
    log_event("sending the response", request=str(event.get("RequestType")), reason=outcome.reason)
    send_response(event["ResponseURL"], build_response(event, outcome))


def _process(event: Mapping[str, Any], seconds: float) -> Outcome:
    match event.get("RequestType"):
        case "Create" | "Update":
            return _run_within(seconds, lambda: _provision(event, seconds - _RESERVED_SECONDS))
        case "Delete":  # the template decides whether secrets are deleted or kept, so their values stay
            return Outcome()
        case other:
            return Outcome(f"RequestType must be Create, Update or Delete, and is {other!r}")


def _run_within(seconds: float, work: Callable[[], Outcome]) -> Outcome:
    """Return the work's outcome, or a failure for each exception and after the time limit."""
    threads = ThreadPoolExecutor(max_workers=1)
    future = threads.submit(work)
    try:
        return future.result(timeout=seconds)
    except KeysError as exc:
        return Outcome(str(exc))
    except Exception as exc:  # noqa: BLE001 the one place that responds to every error
        if not future.done():
            return Outcome(f"not done within {seconds:.0f} seconds: a call to AWS hangs; deploy again")
        kind = type(exc).__name__
        log_event("internal error", error=kind, where=list_frames(exc.__traceback__))
        return Outcome(f"the function failed with {kind}: its log shows where")
    finally:
        threads.shutdown(wait=False)


def _provision(event: Mapping[str, Any], denial_seconds: float) -> Outcome:
    from .properties import KeyProperties  # noqa: PLC0415 see the module's first lines
    from .provisioning import provision_keys  # noqa: PLC0415 as above
    from .secret_store import DenialRetry, open_secret_store  # noqa: PLC0415 as above

    properties = KeyProperties.parse(event.get("ResourceProperties") or {})
    store = open_secret_store(properties.signing_arn, DenialRetry(seconds=denial_seconds))
    versions = provision_keys(properties, store, now=time.time())
    return Outcome(data=properties.attributes(versions))
