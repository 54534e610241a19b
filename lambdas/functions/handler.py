# ruff: noqa: E402 - the imports between gc.disable() and gc.freeze() are the expensive ones
"""The Lambda function: builds the function worker once for each container, and runs one task in each invocation."""

import gc

gc.disable()  # imported modules are not garbage; scanning them would slow the start

import logging
import os
import sys
from functools import cache
from http import HTTPStatus
from typing import Any, Final, Protocol

from msgspec import to_builtins

from contract.environment import SettingsError
from durable import JsonFormatter
from durable.runtime import FunctionWorker
from durable.runtime import Settings as RuntimeSettings

from .events import BadCallError, answer_http, is_http, read_call, refuse_http
from .settings import Settings

gc.freeze()  # the modules are never freed, so later collections skip them
gc.enable()

_LOG: Final = logging.getLogger(__name__)


class InvocationContext(Protocol):
    """What Lambda passes beside the event."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the time until Lambda ends this process."""


@cache
def _worker() -> FunctionWorker:
    lines = logging.StreamHandler(sys.stdout)
    lines.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[lines], force=True)
    settings = Settings.from_env(os.environ)
    runtime = RuntimeSettings(url=settings.server_url, token=settings.server_token, group=settings.address)
    return FunctionWorker(runtime, settings.load_workflows())


def handler(event: dict[str, Any], context: InvocationContext) -> dict[str, Any]:
    """Run the task of one event, as long as Lambda permits. A failure is raised: the caller of a function sees it."""
    if is_http(event):
        return _answer_request(event, context)
    answer: dict[str, Any] = to_builtins(_worker().answer(read_call(event), _count_seconds_left(context)))
    return answer


def _answer_request(event: dict[str, Any], context: InvocationContext) -> dict[str, Any]:
    try:
        return answer_http(_worker().answer(read_call(event), _count_seconds_left(context)))
    except BadCallError as error:
        return refuse_http(error.status, str(error))
    except Exception as error:  # noqa: BLE001 - the HTTP edge
        reason = str(error) if isinstance(error, SettingsError) else "unexpected error"
        _LOG.critical("the function failed: %s", reason, exc_info=error)
        return refuse_http(HTTPStatus.INTERNAL_SERVER_ERROR, "the function failed: its log has the reason")


def _count_seconds_left(context: InvocationContext) -> float:
    return context.get_remaining_time_in_millis() / 1_000
