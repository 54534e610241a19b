"""Requests by HTTP, with the whole answer, whatever its status."""

import http.client
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from local.server_process import HOST

_LONGEST = 30.0  # seconds; API Gateway's own


@dataclass(frozen=True)
class Answer:
    """`retry_after` in seconds, if it says so."""

    status: int
    body: dict[str, Any]
    retry_after: int | None = None


def ask(url: str, body: dict[str, Any] | None = None) -> Answer:
    """POST the body, or GET if there is none."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data, {"content-type": "application/json"})  # noqa: S310 our own gateway
    try:
        with urlopen(request, timeout=_LONGEST) as answer:  # noqa: S310 as above
            return Answer(answer.status, json.load(answer))
    except HTTPError as error:
        with error:
            after = error.headers["Retry-After"]
            return Answer(error.code, json.load(error), int(after) if after else None)


def is_answering(url: str) -> bool:
    """Whether the function behind its gateway is imported and set up."""
    try:
        return ask(f"{url}/status/").status == HTTPStatus.BAD_REQUEST
    except OSError:
        return False


def is_ready(port: int) -> bool:
    """Whether a server on this machine says that it is."""
    connection = http.client.HTTPConnection(HOST, port, timeout=1)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def status_of_stream(url: str, token: str | None) -> int:
    """Ask for the messages of the workers' group, and return the answer's status."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with urlopen(Request(f"{url}/poll/documents/one", headers=headers), timeout=_LONGEST) as answer:  # noqa: S310
            status: int = answer.status
            return status
    except HTTPError as error:
        with error:
            return error.code
