"""The services that the examples call: JSON over HTTP. Each call names its subject, so a second one is harmless."""

import os
from http import HTTPStatus
from typing import Any

from aiohttp import ClientError, ClientSession

from durable import PermanentError, TemporaryError


async def call(method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 any JSON
    """Send a request to the service at SERVICES_URL, and return its JSON."""
    try:
        async with (
            ClientSession(os.environ["SERVICES_URL"]) as session,
            session.request(method, path, json=body) as response,
        ):
            if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR or response.status == HTTPStatus.TOO_MANY_REQUESTS:
                raise TemporaryError("service_unavailable", f"{method} {path} returned {response.status}", after=60)
            if response.status >= HTTPStatus.BAD_REQUEST:
                raise PermanentError("service_refused", f"{method} {path} returned {response.status}")
            return await response.json()
    except ClientError as error:
        raise TemporaryError("service_unavailable", f"{method} {path}: {type(error).__name__}", after=60) from error
