# ruff: noqa: E402 - what is imported between the two lines about garbage is what costs
"""The Lambda function: what is put together once for each container, and the entry point of each request.

A function that is not set up answers each request with a plain 500 and says in its log which variable is wrong. Were
it to fail as it starts, Lambda would start it again and again, and the log would have traces.
"""

import gc

gc.disable()  # nothing that is imported is garbage: looking for some costs a twelfth of the start

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract.environment import SettingsError, settings_errors
from wire.client import Client

from .progress import journal_reader, stored_marks
from .refusing import out_of_order
from .routes import make_app
from .settings import Settings

gc.freeze()  # it stays as long as the container: later rounds need not look at it
gc.enable()

log = Logger(service="trigger")


@cache
def _app() -> APIGatewayHttpResolver:
    settings = Settings.from_env(os.environ)
    with settings_errors("RESONATE_URL", ValueError):
        engine = Client(settings.engine_url, token=settings.engine_token)
    read_journal = journal_reader(stored_marks(settings.store_url), log)
    return make_app(engine, read_journal, log, types=settings.types)


@log.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP, clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request."""
    try:
        app = _app()
    except SettingsError as error:
        log.critical("the function is not set up", reason=str(error))
        return out_of_order()
    return app.resolve(event, context)
