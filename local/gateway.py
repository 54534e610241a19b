"""API Gateway on a laptop: turns HTTP requests into Lambda events for the real handler, and its answers into HTTP."""

import asyncio
import base64
import logging
import os
import signal
import sys
from functools import partial
from typing import Final

from aiohttp import ClientError, web

from durable.embedded.cross_site import CHECKED_HEADERS, find_refusal

from .command_line import Parser, parse_port
from .events import Json, make_event
from .functions import Containers, Function, FunctionError, RemoteFunction

MAX_BODY: Final = 10 * 2**20  # API Gateway's own limit
TIMEOUT_SECONDS: Final = 30.0  # API Gateway's

log = logging.getLogger(__name__)


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


async def handle(
    request: web.BaseRequest, function: Function, own_names: frozenset[str] = frozenset()
) -> web.StreamResponse:
    """Answer one request; API Gateway's own errors have its words. Unlike API Gateway, this one has no credentials."""
    if refusal := find_refusal(*(request.headers.get(name, "") for name in CHECKED_HEADERS), own_names):
        return web.json_response({"error": refusal.sentence, "code": refusal.code}, status=refusal.status)
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


def _quiet_logger() -> logging.Logger:
    """Return a logger for the HTTP server that writes a client's error as one line, without a traceback."""

    def shorten(record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        record.msg, record.args = f"{record.getMessage()}{f': {type(error).__name__}' if error else ''}", ()
        record.exc_info = record.exc_text = None
        return True

    quiet = logging.getLogger(f"{__name__}.http")
    quiet.addFilter(shorten)
    return quiet


async def serve(host: str, port: int, function: Function) -> None:
    """Answer requests until SIGTERM or SIGINT."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, stop.set)
    request = partial(web.BaseRequest, loop=loop, client_max_size=MAX_BODY)
    server = web.Server(
        partial(handle, function=function, own_names=frozenset({host.lower()})),
        request_factory=request,
        access_log=None,
        logger=_quiet_logger(),
        auto_decompress=False,  # API Gateway passes bodies on unchanged
    )
    runner = web.ServerRunner(server, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    await stop.wait()
    await runner.cleanup()
    await function.close()


def main() -> None:
    """Serve on the address from the command line; the handler reads its settings from the environment."""
    parser = Parser(prog="python -m local.gateway", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument("--port", type=parse_port, required=True, help="port to listen on")
    parser.add_argument("--function", metavar="URL", help="invoke the function at this address instead")
    arguments = parser.parse_args()
    function = RemoteFunction(arguments.function) if arguments.function else Containers()
    try:
        asyncio.run(serve(arguments.host, arguments.port, function))
    except OSError as error:
        address, reason = f"{arguments.host}:{arguments.port}", os.strerror(error.errno or 0)
        sys.exit(f"gateway: {address} cannot be used ({reason}): choose another --port")


if __name__ == "__main__":
    main()
