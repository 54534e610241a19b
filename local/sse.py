"""Server-sent events on a laptop; API Gateway cannot stream them.

A stream calls the same function as every request, again and again, so its events match the answers.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from http import HTTPMethod, HTTPStatus
from re import Pattern
from typing import Final

from aiohttp import web

from .events import Json
from .functions import Function, FunctionError

MEDIA_TYPE: Final = "text/event-stream"
_COMMENT: Final = b": the stream goes on\n\n"
_COMMENT_SECONDS: Final = 15.0  # proxies close a connection that is silent for a minute; and a client may be gone

type Respond = Callable[[Json], web.Response]


def is_get(request: web.BaseRequest, paths: Pattern[str]) -> bool:
    """Whether a request reads one of these paths."""
    return request.method == HTTPMethod.GET and paths.fullmatch(request.rel_url.path) is not None


def wants_stream(request: web.BaseRequest, paths: Pattern[str]) -> bool:
    """Whether a request for one of these paths is for a stream."""
    return is_get(request, paths) and MEDIA_TYPE in request.headers.get("Accept", "")


async def call(function: Function, event: Json) -> Json:
    """Return the function's answer; if the function fails, return API Gateway's error."""
    try:
        return await function.call(event)
    except FunctionError:
        return {
            "statusCode": HTTPStatus.INTERNAL_SERVER_ERROR,
            "headers": {},
            "body": '{"message": "Internal Server Error"}',
        }


async def send(
    request: web.BaseRequest, first: Json, respond: Respond, events: AsyncIterator[bytes]
) -> web.StreamResponse:
    """Stream the events; an empty event sends nothing. If the first answer is not a 200, it is the response."""
    if first["statusCode"] != HTTPStatus.OK:
        return respond(first)
    response = web.StreamResponse(headers={"Content-Type": MEDIA_TYPE, "Cache-Control": "no-store"})
    await response.prepare(request)
    now = asyncio.get_running_loop().time
    sent_at = now()
    with suppress(ConnectionError):  # the client has closed it
        async for event in events:
            if event or now() - sent_at >= _COMMENT_SECONDS:
                await response.write(event or _COMMENT)
                sent_at = now()
    return response
