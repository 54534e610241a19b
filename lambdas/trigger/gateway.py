"""The events of API Gateway in payload version 2.0: the request in one, and the response to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final, Self

from contract.api_value import ApiValue

from .caller import Caller

_JSON: Final = "application/json"
_TAG_CHARACTERS: Final = 32  # 128 bits tell any two answers apart
_ANY_TAG: Final = "*"  # matches every answer
# If nothing forbids it, a browser keeps a 410 for ever and a 404 as long as it likes; later the job may exist.
_NO_CACHE: Final = {"Cache-Control": "no-store"}


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request as API Gateway passes it on: the path is decoded, repeated parameters are joined by commas."""

    method: str
    path: str
    query: Mapping[str, str]
    body: str
    is_base64: bool
    traceparent: str | None = None  # the client's trace, in the header of W3C Trace Context
    caller: Caller = field(default_factory=Caller)
    if_none_match: str = ""  # the entity tags of answers that the client holds
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # by names in small letters

    @classmethod
    def of(cls, event: Mapping[str, Any], admin_group: str | None = None) -> Self:
        """Read it from its event. Users of the group are administrators."""
        headers = event.get("headers") or {}
        return cls(
            method=event["requestContext"]["http"]["method"],
            path=event["rawPath"],
            query=event.get("queryStringParameters") or {},
            body=event.get("body") or "",
            is_base64=bool(event.get("isBase64Encoded")),
            caller=Caller.of(event, admin_group),
            traceparent=headers.get("traceparent"),
            if_none_match=headers.get("if-none-match", ""),
            headers=headers,
        )


@dataclass(frozen=True)
class Page:
    """A page for a person."""

    html: str


@dataclass(frozen=True)
class Response:
    """A status with a value as its body, a page, or nothing."""

    status: HTTPStatus
    body: ApiValue | Page | None
    headers: Mapping[str, str] = field(default_factory=dict)

    def to_event(self) -> dict[str, Any]:
        """Return it as API Gateway reads it, for no cache."""
        headers = {**_NO_CACHE, **self.headers}
        match self.body:
            case None:
                return _make_event(self.status, headers, "")
            case Page(html):
                return _make_event(self.status, {"Content-Type": "text/html; charset=utf-8", **headers}, html)
            case value:
                return _make_event(self.status, {"Content-Type": _JSON, **headers}, value.to_json().decode())

    def to_conditional_event(self, held_tags: str) -> dict[str, Any]:
        """Return it with its entity tag, and without its body for a client that holds this very answer."""
        if not isinstance(self.body, ApiValue):
            return self.to_event()
        content = self.body.to_json()
        tag = f'"{sha256(content).hexdigest()[:_TAG_CHARACTERS]}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache", **self.headers}
        if {tag, _ANY_TAG} & {held.strip().removeprefix("W/") for held in held_tags.split(",")}:
            return _make_event(HTTPStatus.NOT_MODIFIED, headers, "")
        return _make_event(self.status, {"Content-Type": _JSON, **headers}, content.decode())


def _make_event(status: HTTPStatus, headers: Mapping[str, str], body: str) -> dict[str, Any]:
    return {"statusCode": status.value, "headers": dict(headers), "body": body, "isBase64Encoded": False}
