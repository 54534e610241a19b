"""The events of a job as server-sent events. API Gateway cannot stream, so on AWS a client reads them page by page.

It asks the same function as every request, again and again, so a stream has what the pages have.
"""

import asyncio
import json
import re
from collections.abc import Callable
from contextlib import suppress
from http import HTTPMethod, HTTPStatus
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from contract.events import END
from contract.job import JOB_ID

from .events import Json, make_event
from .functions import Function, FunctionError

POLL_SECONDS: Final = 0.5
_POLLS_PER_COMMENT: Final = 30  # proxies close a connection that is silent for a minute
_PATH: Final = re.compile(rf"/jobs/{JOB_ID}/events")
_MEDIA_TYPE: Final = "text/event-stream"
_LAST_ID: Final = "Last-Event-ID"

type Respond = Callable[[Json], web.Response]


class EventStream:
    """Streams for clients that ask for that media type."""

    def __init__(self, function: Function, respond: Respond) -> None:
        """`respond` makes a response of the function's answer."""
        self._function: Final = function
        self._respond: Final = respond

    def takes(self, request: web.BaseRequest) -> bool:
        """Whether a request is for a stream."""
        is_path = _PATH.fullmatch(request.rel_url.path) is not None
        return request.method == HTTPMethod.GET and is_path and _MEDIA_TYPE in request.headers.get("Accept", "")

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Stream the events behind the last one that the client has, until the job has ended."""
        after = request.headers.get(_LAST_ID) or request.rel_url.query.get("after") or ""
        if after.endswith(END):
            return web.Response(status=HTTPStatus.NO_CONTENT)  # a browser connects again unless it gets this
        answer = await self._read(request, after)
        if answer["statusCode"] != HTTPStatus.OK:
            return self._respond(answer)
        response = web.StreamResponse(headers={"Content-Type": _MEDIA_TYPE, "Cache-Control": "no-store"})
        await response.prepare(request)
        with suppress(ConnectionError):  # the client has closed it
            await self._stream(request, response, answer)
        return response

    async def _stream(self, request: web.BaseRequest, response: web.StreamResponse, answer: Json) -> None:
        after, polls = "", 0
        while True:
            if answer["statusCode"] == HTTPStatus.OK:  # an outage in the middle is waited for
                page = json.loads(answer["body"])
                after = page["next"]
                await response.write("".join(map(_format, page["events"])).encode())
            if after.endswith(END):
                return
            polls += 1
            if polls % _POLLS_PER_COMMENT == 0:
                await response.write(b": the job goes on\n\n")
            await asyncio.sleep(POLL_SECONDS)
            answer = await self._read(request, after)

    async def _read(self, request: web.BaseRequest, after: str) -> Json:
        query = urlencode({"after": after} if after else {})
        event = make_event("GET", request.rel_url.path, query=query, host=request.host)
        try:
            return await self._function.call(event)
        except FunctionError:
            return {"statusCode": HTTPStatus.INTERNAL_SERVER_ERROR, "body": '{"message": "Internal Server Error"}'}


def _format(event: Json) -> str:
    return f"id: {event['id']}\ndata: {json.dumps(event)}\n\n"
