"""Makes the events that API Gateway sends to a Lambda function, in payload version 2.0."""

import base64
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl

type Json = dict[str, Any]

_NO_HEADERS: Final[Mapping[str, str]] = {}


def make_arn(function: str) -> str:
    """Return the name of a function on this machine in AWS' form."""
    return f"arn:aws:lambda:us-east-1:000000000000:function:{function}"


FUNCTION: Final = "functions"  # the function that runs workflows
FUNCTION_ARN: Final = make_arn(FUNCTION)


class Context:
    """The context that the Lambda runtime passes with an event."""

    memory_limit_in_mb = 512

    def __init__(self, function: str = "trigger", *, request_id: str = "", seconds: float = 20.0) -> None:
        """`seconds` remain until Lambda ends the call."""
        self.function_name = function
        self.invoked_function_arn = make_arn(function)
        self.aws_request_id = request_id or str(uuid.uuid4())
        self._end = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        """Return how much time is left."""
        return max(0, int((self._end - time.monotonic()) * 1_000))


def make_event(  # noqa: PLR0913 - a request has that many parts, each passed by name
    method: str,
    path: str,
    *,
    body: bytes = b"",
    query: str = "",
    headers: Mapping[str, str] = _NO_HEADERS,
    host: str = "localhost",
    client: str = "127.0.0.1",
) -> Json:
    """Make the event of a request. Header names must be in lower case, as API Gateway sends them."""
    text, is_base64 = _encode_body(body)
    agent = headers.get("user-agent", "")
    http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": client, "userAgent": agent}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        **_parse_parameters(query),
        "headers": dict(headers),
        "requestContext": _make_request_context(host, http),
        "body": text,
        "isBase64Encoded": is_base64,
    }


def _parse_parameters(query: str) -> Json:
    """Join repeated parameters with a comma, and leave the field out if there are none."""
    values = dict[str, str]()
    for name, value in parse_qsl(query, keep_blank_values=True):
        values[name] = f"{values[name]},{value}" if name in values else value
    return {"queryStringParameters": values} if values else {}


def _make_request_context(host: str, http: Json) -> Json:
    now = time.time()
    return {
        "accountId": "000000000000",
        "apiId": "local",
        "domainName": host,
        "domainPrefix": "local",
        "http": http,
        "requestId": str(uuid.uuid4()),
        "routeKey": "$default",
        "stage": "$default",
        "time": datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(now * 1000),
    }


def _encode_body(body: bytes) -> tuple[str | None, bool]:
    """Encode a body that is not UTF-8 as base64."""
    if not body:
        return None, False
    try:
        return body.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), True
