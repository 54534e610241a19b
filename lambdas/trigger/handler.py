"""The Lambda function: what is put together once for each container, and the entry point of each request."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from wire.client import Client

from .progress import StoredMarks, progress_reader
from .routes import make_app
from .settings import Settings

log = Logger(service="trigger")


@cache
def _app() -> APIGatewayHttpResolver:
    settings = Settings.from_env(os.environ)
    engine = Client(settings.engine_url, token=settings.engine_token)
    return make_app(engine, progress_reader(StoredMarks(settings.store_url), log), log)


@log.inject_lambda_context(correlation_id_path=correlation_paths.API_GATEWAY_HTTP, clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request."""
    return _app().resolve(event, context)
