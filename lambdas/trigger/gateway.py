"""The events of API Gateway in payload version 2.0: the request in one, and the response to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Self

from contract.api_value import ApiValue


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request as API Gateway passes it on: the path is decoded, repeated parameters are joined by commas."""

    method: str
    path: str
    query: Mapping[str, str]
    body: str
    is_base64: bool
    traceparent: str | None = None  # the client's trace, in the header of W3C Trace Context

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """Read it from its event."""
        return cls(
            method=event["requestContext"]["http"]["method"],
            path=event["rawPath"],
            query=event.get("queryStringParameters") or {},
            body=event.get("body") or "",
            is_base64=bool(event.get("isBase64Encoded")),
            traceparent=(event.get("headers") or {}).get("traceparent"),
        )


@dataclass(frozen=True)
class Response:
    """A status with a value as its body."""

    status: HTTPStatus
    body: ApiValue
    headers: Mapping[str, str] = field(default_factory=dict)

    def to_event(self) -> dict[str, Any]:
        """Return it as API Gateway reads it."""
        return {
            "statusCode": self.status.value,
            "headers": {"Content-Type": "application/json", **self.headers},
            "body": self.body.to_json().decode(),
            "isBase64Encoded": False,
        }
