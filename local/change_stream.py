"""Tells a page at once when the answer of a route has changed, as server-sent events. API Gateway has no such streams.

An answer that can be watched names its stream by `Link: <>; rel="monitor"`: the same address, asked for as
`text/event-stream`. An event has the answer's entity tag only, so a page reads answers in one way, with and without it.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPMethod, HTTPStatus
from itertools import count
from typing import Final

from aiohttp import web

from contract.job import JOB_ID

from .events import Json, make_event
from .functions import Function, FunctionError

POLL_SECONDS: Final = 0.25
_POLLS_PER_COMMENT: Final = 60  # a page that is gone is noticed when something is sent to it
_LIST: Final = "/jobs"
_PATHS: Final = re.compile(rf"{_LIST}(/{JOB_ID})?")
_MEDIA_TYPE: Final = "text/event-stream"
_MONITOR: Final = f'<>; rel="monitor"; type="{_MEDIA_TYPE}"'

type Respond = Callable[[Json], web.Response]


class ChangeStream:
    """Streams for pages that ask a list of jobs, or a job, for that media type."""

    def __init__(self, function: Function, respond: Respond) -> None:
        """`respond` makes a response of the function's answer."""
        self._function: Final = function
        self._respond: Final = respond

    def takes(self, request: web.BaseRequest) -> bool:
        """Whether a request is for a stream."""
        return _can_watch(request) and _MEDIA_TYPE in request.headers.get("Accept", "")

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Stream the entity tag of the answer, and each later one, until the answer stays as it is."""
        answer = await self._read(request)
        if answer["statusCode"] != HTTPStatus.OK:
            return self._respond(answer)
        response = web.StreamResponse(headers={"Content-Type": _MEDIA_TYPE, "Cache-Control": "no-store"})
        await response.prepare(request)
        with suppress(ConnectionError):  # the page has closed it
            await self._stream(request, response, answer)
        return response

    async def _stream(self, request: web.BaseRequest, response: web.StreamResponse, answer: Json) -> None:
        tag = ""
        for poll in count(1):
            if (new := answer["headers"].get("ETag", tag)) != tag:  # an outage has none, and is waited for
                tag = new
                await response.write(f"data: {tag}\n\n".encode())
            if not _can_change(request, answer["statusCode"], answer["headers"]):
                return
            if poll % _POLLS_PER_COMMENT == 0:
                await response.write(b": nothing has changed\n\n")
            await asyncio.sleep(POLL_SECONDS)
            answer = await self._read(request)

    async def _read(self, request: web.BaseRequest) -> Json:
        path, query = request.rel_url.path, request.rel_url.raw_query_string
        event = make_event("GET", path, query=query, host=request.host)
        try:
            return await self._function.call(event)
        except FunctionError:
            return {"statusCode": HTTPStatus.INTERNAL_SERVER_ERROR, "headers": {}, "body": "{}"}


def name_monitor(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Add the address of its stream to an answer that may change."""
    is_answer = response.status in {HTTPStatus.OK, HTTPStatus.NOT_MODIFIED}
    if is_answer and _can_watch(request) and _can_change(request, response.status, response.headers):
        response.headers["Link"] = ", ".join(filter(None, [response.headers.get("Link"), _MONITOR]))


def _can_watch(request: web.BaseRequest) -> bool:
    return request.method == HTTPMethod.GET and _PATHS.fullmatch(request.rel_url.path) is not None


def _can_change(request: web.BaseRequest, status: int, headers: Mapping[str, str]) -> bool:
    """Whether to watch on: the answer about a job that has ended, or is gone, does not say when to ask again."""
    return request.rel_url.path == _LIST or status >= HTTPStatus.INTERNAL_SERVER_ERROR or "Retry-After" in headers
