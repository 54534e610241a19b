"""HTTP requests that return the response for every status."""

import http.client
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from local.server_process import HOST

_TIMEOUT_SECONDS = 30.0  # that of API Gateway


@dataclass(frozen=True)
class Response:
    """A response; `retry_after` is in seconds."""

    status: int
    body: dict[str, Any]
    retry_after: int | None = None


def send_request(url: str, body: dict[str, Any] | None = None) -> Response:
    """POST the body, or GET if there is none."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, {"content-type": "application/json"})  # noqa: S310 our own gateway
    try:
        with urlopen(request, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310 as above
            return Response(response.status, json.load(response))
    except HTTPError as error:
        with error:
            after = error.headers["Retry-After"]
            return Response(error.code, json.load(error), int(after) if after else None)


def is_answering(url: str) -> bool:
    """Whether the function behind the gateway has been imported and configured."""
    try:
        return send_request(f"{url}/status/").status == HTTPStatus.BAD_REQUEST
    except OSError:
        return False


def is_ready(port: int) -> bool:
    """Whether a local server reports that it is ready."""
    connection = http.client.HTTPConnection(HOST, port, timeout=1)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def request_stream(url: str, token: str | None) -> int:
    """Request the event stream of the workers' group, and return the response's status."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with urlopen(Request(f"{url}/poll/documents/one", headers=headers), timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310
            status: int = response.status
            return status
    except HTTPError as error:
        with error:
            return error.code
