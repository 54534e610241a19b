# ruff: noqa: E402 - the imports between gc.disable() and gc.freeze() are the expensive ones
"""The Lambda function: builds the API once for each container, and answers each request.

With invalid settings the function answers each request with a 500, and its log names the wrong variable. If it failed
at its start instead, Lambda would start it again and again, and the log would hold only tracebacks.
"""

import gc

gc.disable()  # imported modules are no garbage; scanning them would take a twelfth of the start

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract.environment import SettingsError, settings_errors
from durable.wire.client import Client

from .errors import answer_problem, internal_error
from .file_addresses import open_addresses
from .ports import KeeperAddress, Ports
from .progress import ProgressReader
from .progress_store import ProgressStore
from .routes import Api
from .settings import Settings

gc.freeze()  # the modules are never freed, so later collections skip them
gc.enable()

log = Logger(service="trigger")


@cache
def _api() -> Api:
    settings = Settings.from_env(os.environ)
    with settings_errors("RESONATE_URL", ValueError):
        server = Client(settings.server_url, token=settings.server_token)
    progress = ProgressReader(ProgressStore(settings.store_url), log)
    keeper = KeeperAddress(url=settings.keeper_url, token=settings.server_token) if settings.keeper_url else None
    ports = Ports(
        server=server,
        progress=progress,
        log=log,
        files=open_addresses(settings.store_url),
        store_url=settings.store_url,
        uploads=settings.uploads,
        max_document_bytes=settings.max_document_bytes,
        types=settings.types,
        has_functions=settings.has_functions,
        keeper=keeper,
        decision_key=settings.decision_key,
    )
    return Api(ports)


@log.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP, clear_state=True)
def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Answer one request."""
    try:
        api = _api()
    except SettingsError as error:
        log.critical("the settings are invalid", reason=str(error))
        return answer_problem(internal_error()).to_event()
    return api.answer(event)
