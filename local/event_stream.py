"""The events of a job as server-sent events. On AWS a client reads them page by page."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from contract.events import END
from contract.job import JOB_ID

from . import sse
from .events import Json, make_event
from .functions import Function

POLL_SECONDS: Final = 0.5
_PATH: Final = re.compile(rf"/jobs/{JOB_ID}/events")
_LAST_ID: Final = "Last-Event-ID"


class EventStream:
    """Streams for clients that ask for that media type."""

    def __init__(self, function: Function, respond: sse.Respond) -> None:
        """`respond` makes a response of the function's answer."""
        self._function: Final = function
        self._respond: Final = respond

    def handles(self, request: web.BaseRequest) -> bool:
        """Whether a request is for a stream."""
        return sse.wants_stream(request, _PATH)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Stream the events after the client's last one, until the job has ended."""
        after = request.headers.get(_LAST_ID) or request.rel_url.query.get("after") or ""
        if after.endswith(END):
            return web.Response(status=HTTPStatus.NO_CONTENT)  # a browser connects again unless it gets this
        first = await self._read(request, after)
        return await sse.send(request, first, self._respond, self._list_events(request, first))

    async def _list_events(self, request: web.BaseRequest, answer: Json) -> AsyncIterator[bytes]:
        after = ""
        while True:
            if answer["statusCode"] == HTTPStatus.OK:  # the stream waits out an outage
                page = json.loads(answer["body"])
                after = page["next"]
                yield "".join(map(_format, page["events"])).encode()
            else:
                yield b""
            if after.endswith(END):
                return
            await asyncio.sleep(POLL_SECONDS)
            answer = await self._read(request, after)

    async def _read(self, request: web.BaseRequest, after: str) -> Json:
        query = urlencode({"after": after} if after else {})
        return await sse.call(self._function, make_event("GET", request.rel_url.path, query=query, host=request.host))


def _format(event: Json) -> str:
    return f"id: {event['id']}\ndata: {json.dumps(event)}\n\n"
