"""The Lambda function of a custom resource: whatever happens, CloudFormation gets an answer.

Everything that may fail is imported late and works in a thread, so that a broken bundle, an unforeseen error and a
call that hangs are answered, too: a stack that hears nothing waits for an hour.
"""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Protocol

from .answer import RESERVE, Outcome, answer_of, deliver
from .errors import KeysError
from .log import say, where

_LEAST: Final = 1.0  # seconds to work in, however short the function's timeout is


class Context(Protocol):
    """The part of what Lambda hands over that is used."""

    def get_remaining_time_in_millis(self) -> int:
        """Until the function is ended."""


def handler(event: Mapping[str, Any], context: Context) -> None:
    """Answer one request."""
    seconds = max(_LEAST, context.get_remaining_time_in_millis() / 1_000 - RESERVE)
    outcome = _outcome(event, seconds)
    say("answering", request=str(event.get("RequestType")), reason=outcome.reason)
    deliver(event["ResponseURL"], answer_of(event, outcome))


def _outcome(event: Mapping[str, Any], seconds: float) -> Outcome:
    match event.get("RequestType"):
        case "Create" | "Update":
            return _within(seconds, lambda: _work(event))
        case "Delete":  # secrets go with the stack, or stay as it says; their values are not ours to end
            return Outcome()
        case other:
            return Outcome(f"RequestType must be Create, Update or Delete, and is {other!r}")


def _within(seconds: float, work: Callable[[], Outcome]) -> Outcome:
    """Work, and say what came in between."""
    threads = ThreadPoolExecutor(max_workers=1)
    future = threads.submit(work)
    try:
        return future.result(timeout=seconds)
    except KeysError as exc:
        return Outcome(str(exc))
    except Exception as exc:  # noqa: BLE001 the one place that answers for everything
        if not future.done():
            return Outcome(f"not done within {seconds:.0f} seconds: a call to AWS hangs; deploy again")
        kind = type(exc).__name__
        say("unforeseen", error=kind, where=where(exc.__traceback__))
        return Outcome(f"the function failed with {kind}: its log says where")
    finally:
        threads.shutdown(wait=False)


def _work(event: Mapping[str, Any]) -> Outcome:
    from .making import make  # noqa: PLC0415 see the module's first lines
    from .vault import open_vault  # noqa: PLC0415 as above
    from .wanted import Wanted  # noqa: PLC0415 as above

    wanted = Wanted.from_properties(event.get("ResourceProperties") or {})
    versions = make(wanted, open_vault(wanted.signing_arn), now=time.time())
    return Outcome(data=wanted.named(versions))
