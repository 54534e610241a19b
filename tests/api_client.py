"""Sends raw requests to the HTTP API, for tests of its exact answers."""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

type Json = dict[str, Any]

_TIMEOUT_SECONDS = 30.0  # API Gateway's own


def send(url: str, body: Json | None = None) -> tuple[int, Json]:
    """Send a request and return the status and the body of its answer, whatever the status."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, {"content-type": "application/json"})  # noqa: S310 - our own gateway
    try:
        with urlopen(request, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310 - as above
            return response.status, json.load(response)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)
