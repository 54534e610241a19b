"""API Gateway on a laptop: turns HTTP requests into Lambda events for the real handler, and its answers into HTTP."""

import asyncio
import base64
import logging
import os
import re
from collections.abc import Sequence
from functools import partial
from typing import Final, Protocol

from aiohttp import ClientError, web

from contract.routes import ROUTES

from .change_stream import ChangeStream, name_monitor
from .command_line import Parser, parse_port
from .console import Console
from .containers import Containers
from .event_stream import EventStream
from .events import Json, make_event
from .functions import Function, FunctionError, RemoteFunction
from .held_requests import HoldingFunction
from .http_server import refuse_foreign_page, run_server
from .objects import StoredObjects
from .server_process import ROOT
from .try_page import TryPage
from .upload_endpoint import UploadEndpoint

DESCRIPTION: Final = ROOT / "docs" / "openapi.json"  # the description of this API
DESCRIPTION_PATH: Final = "/openapi.json"  # on AWS there is no such route
MAX_BODY: Final = 10 * 2**20  # API Gateway's own limit
TIMEOUT_SECONDS: Final = 30.0  # API Gateway's
HANDLER: Final = "lambdas.trigger.handler.handler"
MAX_CONTAINERS: Final = 16  # a request takes seconds while the server is down
FUNCTION_SECONDS: Final = 20.0  # the trigger's timeout on AWS

log = logging.getLogger(__name__)
_PUBLIC_PATHS: Final = {re.sub(r"\{\w+\}", "[^/]+", route.path) for route in ROUTES if route.is_public}


async def to_event(request: web.BaseRequest) -> Json:
    """Make the event that API Gateway makes of a request."""
    return make_event(
        request.method,
        request.rel_url.path,
        body=await request.read(),
        query=request.rel_url.raw_query_string,
        headers={name.lower(): ",".join(request.headers.getall(name)) for name in request.headers},
        host=request.host,
        client=request.remote or "127.0.0.1",
    )


def to_response(answer: Json) -> web.Response:
    """Make the response that API Gateway makes of an answer."""
    body = answer.get("body") or ""
    content = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    return web.Response(status=answer["statusCode"], headers=answer.get("headers") or {}, body=content)


class LocalRoutes(Protocol):
    """Paths that only this gateway has, because on AWS another service or none answers them."""

    def handles(self, request: web.BaseRequest) -> bool:
        """Whether a request is for one of them."""

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer it."""


class Description:
    """The API's description."""

    def handles(self, request: web.BaseRequest) -> bool:
        """Whether a request asks for it."""
        return (request.method, request.rel_url.path) == ("GET", DESCRIPTION_PATH)

    async def answer(self, _: web.BaseRequest) -> web.StreamResponse:
        """Answer with the file."""
        return web.json_response(body=DESCRIPTION.read_bytes())


async def handle(
    request: web.BaseRequest,
    function: Function,
    own_names: frozenset[str] = frozenset(),
    local_routes: Sequence[LocalRoutes] = (Description(),),
) -> web.StreamResponse:
    """Answer one request; errors of API Gateway itself have its texts.

    Unlike API Gateway, this one has no credentials.
    """
    if not _is_public(request.rel_url.path) and (refusal := refuse_foreign_page(request, own_names)):
        return refusal
    for routes in local_routes:
        if routes.handles(request):
            return await routes.answer(request)
    response = await _call_function(request, function)
    name_monitor(request, response)
    return response


def _is_public(path: str) -> bool:
    """Whether the route's credential is a token or signature in the request, so that any page may link to it."""
    return any(re.fullmatch(pattern, path) for pattern in _PUBLIC_PATHS)


async def _call_function(request: web.BaseRequest, function: Function) -> web.Response:
    try:
        call = function.call(await to_event(request))
        return to_response(await asyncio.wait_for(call, TIMEOUT_SECONDS))
    except web.HTTPRequestEntityTooLarge:
        return web.json_response({"message": "Request Too Long"}, status=413)
    except TimeoutError:
        return web.json_response({"message": "Service Unavailable"}, status=503)
    except FunctionError as error:
        log.warning("the function failed: %s", error)
    except (ClientError, ConnectionError) as error:  # the client disconnected, or sent invalid HTTP
        log.warning("a request was incomplete or invalid: %s", type(error).__name__)
        return web.json_response({"message": "Bad Request"}, status=400)
    except Exception:
        log.exception("the handler failed")
    return web.json_response({"message": "Internal Server Error"}, status=500)


def main() -> None:
    """Serve on the address from the command line; the handler reads its settings from the environment."""
    parser = Parser(prog="python -m local.gateway", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument("--port", type=parse_port, required=True, help="port to listen on")
    parser.add_argument("--function", metavar="URL", help="invoke the function at this address instead")
    arguments = parser.parse_args()
    function: Function = (
        RemoteFunction(arguments.function)
        if arguments.function
        else HoldingFunction(Containers(HANDLER, limit=MAX_CONTAINERS, seconds=FUNCTION_SECONDS))
    )
    uploads = None if arguments.function else UploadEndpoint.of(os.environ)
    local_routes: list[LocalRoutes] = [
        Description(),
        Console(),
        TryPage(),
        StoredObjects.of(os.environ.get("STORE_URL", "")),
        EventStream(function, to_response),
        ChangeStream(function, to_response),
        *filter(None, [uploads]),
    ]
    own_names = frozenset({arguments.host.lower()})
    answer = partial(handle, function=function, own_names=own_names, local_routes=local_routes)
    run_server("gateway", arguments.host, arguments.port, answer, close=function.close, max_body_bytes=MAX_BODY)


if __name__ == "__main__":
    main()
