"""Notifies a page at once when the answer of a route has changed, by server-sent events.

API Gateway has no such streams. An answer that can be watched names its stream by `Link: <>; rel="monitor"`: the same
address, requested as `text/event-stream`. An event has the answer's entity tag only, so a page reads answers in the
same way with and without a stream.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import web

from contract.job import JOB_ID

from . import sse
from .events import Json, make_event
from .functions import Function

POLL_SECONDS: Final = 0.25
_LIST: Final = "/jobs"
_PATHS: Final = re.compile(rf"{_LIST}(/{JOB_ID})?")
_MONITOR: Final = f'<>; rel="monitor"; type="{sse.MEDIA_TYPE}"'


class ChangeStream:
    """Streams for pages that ask a list of jobs, or a job, for that media type."""

    def __init__(self, function: Function, respond: sse.Respond) -> None:
        """`respond` makes a response of the function's answer."""
        self._function: Final = function
        self._respond: Final = respond

    def handles(self, request: web.BaseRequest) -> bool:
        """Whether a request is for a stream."""
        return sse.wants_stream(request, _PATHS)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Stream the entity tag of the answer, and each later one, until the answer stays as it is."""
        first = await self._read(request)
        return await sse.send(request, first, self._respond, self._list_tags(request, first))

    async def _list_tags(self, request: web.BaseRequest, answer: Json) -> AsyncIterator[bytes]:
        tag = ""
        while True:
            new = answer["headers"].get("ETag", tag)  # missing during an outage, which the stream waits out
            yield f"data: {new}\n\n".encode() if new != tag else b""
            tag = new
            if not _can_change(request, answer["statusCode"], answer["headers"]):
                return
            await asyncio.sleep(POLL_SECONDS)
            answer = await self._read(request)

    async def _read(self, request: web.BaseRequest) -> Json:
        path, query = request.rel_url.path, request.rel_url.raw_query_string
        return await sse.call(self._function, make_event("GET", path, query=query, host=request.host))


def name_monitor(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Add the address of its stream to an answer that may change."""
    is_answer = response.status in {HTTPStatus.OK, HTTPStatus.NOT_MODIFIED}
    if is_answer and sse.is_get(request, _PATHS) and _can_change(request, response.status, response.headers):
        response.headers["Link"] = ", ".join(filter(None, [response.headers.get("Link"), _MONITOR]))


def _can_change(request: web.BaseRequest, status: int, headers: Mapping[str, str]) -> bool:
    """Whether to keep watching. Answers about an ended or missing job have no Retry-After."""
    return request.rel_url.path == _LIST or status >= HTTPStatus.INTERNAL_SERVER_ERROR or "Retry-After" in headers
