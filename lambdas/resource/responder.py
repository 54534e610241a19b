"""Process a request of CloudFormation. It gets a response in every case.

The work runs in a thread, and modules that may fail are imported late. So the function responds even after an import
error, an unexpected exception or a call that hangs. Without a response the stack would wait for an hour.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Protocol

from .errors import ResourceError
from .logs import list_frames, log_event
from .response import RESPONSE_SECONDS, Outcome, build_response, send_response

_MIN_SECONDS: Final = 1.0  # to work in, however short the function's timeout is

type Event = Mapping[str, Any]
type Work = Callable[[Event, float], Outcome]  # with the seconds that it has


class Context(Protocol):
    """The part of Lambda's context object that is used."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the time until Lambda ends the function."""


def respond(event: Event, context: Context, work: Work, *, delete: Work | None = None) -> None:
    """Do the work of one request, and send the response. Without `delete`, a deletion needs no work."""
    seconds = max(_MIN_SECONDS, context.get_remaining_time_in_millis() / 1_000 - RESPONSE_SECONDS)
    outcome = _process(event, seconds, work, delete)
    log_event("sending the response", request=str(event.get("RequestType")), reason=outcome.reason)
    send_response(event["ResponseURL"], build_response(event, outcome))


def _process(event: Event, seconds: float, work: Work, delete: Work | None) -> Outcome:
    match event.get("RequestType"):
        case "Create" | "Update":
            return _run_within(seconds, lambda: work(event, seconds))
        case "Delete":  # otherwise the template decides what is deleted or kept
            return _run_within(seconds, lambda: delete(event, seconds)) if delete else Outcome()
        case other:
            return Outcome(f"RequestType must be Create, Update or Delete, and is {other!r}")


def _run_within(seconds: float, work: Callable[[], Outcome]) -> Outcome:
    """Return the work's outcome, or a failure for each exception and after the time limit."""
    threads = ThreadPoolExecutor(max_workers=1)
    future = threads.submit(work)
    try:
        return future.result(timeout=seconds)
    except ResourceError as exc:
        return Outcome(str(exc))
    except Exception as exc:  # noqa: BLE001 the one place that responds to every error
        if not future.done():
            return Outcome(f"not done within {seconds:.0f} seconds: a call to AWS hangs; deploy again")
        kind = type(exc).__name__
        log_event("internal error", error=kind, where=list_frames(exc.__traceback__))
        return Outcome(f"the function failed with {kind}: its log shows where")
    finally:
        threads.shutdown(wait=False)
