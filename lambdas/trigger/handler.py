# ruff: noqa: E402 - the imports between gc.disable() and gc.freeze() are the expensive ones
"""The Lambda function: builds the API once for each container, and answers each request.

With invalid settings the function answers each request with a 500, and its log names the wrong variable. If it failed
at its start instead, Lambda would start it again and again, and the log would hold only tracebacks.
"""

import gc

gc.disable()  # imported modules are not garbage; scanning them would take a twelfth of the start

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract.environment import SettingsError

from .bootstrap import open_ports
from .errors import answer_problem, internal_error
from .routes import Api
from .settings import Settings

gc.freeze()  # the modules are never freed, so later collections skip them
gc.enable()

log = Logger(service="trigger")


@cache
def _open_api() -> Api:
    return Api(open_ports(Settings.from_env(os.environ), log))


@log.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP, clear_state=True)
def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Answer one request."""
    try:
        api = _open_api()
    except SettingsError as error:
        log.critical("the settings are invalid", reason=str(error))
        return answer_problem(internal_error()).to_event()
    return api.answer(event)
