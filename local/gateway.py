"""API Gateway on a laptop: HTTP requests become events for the real handler, and its answers become HTTP."""

import asyncio
import base64
import logging
import os
import signal
import sys
from functools import partial
from typing import Final

from aiohttp import ClientError, web

from .command_line import Parser, port
from .events import Json, event
from .functions import Containers, Elsewhere, Function, FunctionError

MAX_BODY: Final = 10 * 2**20  # API Gateway's own limit
TIMEOUT: Final = 30.0  # seconds; API Gateway's

log = logging.getLogger(__name__)


async def event_of(request: web.BaseRequest) -> Json:
    """Make the event that API Gateway makes of a request."""
    return event(
        request.method,
        request.rel_url.path,
        body=await request.read(),
        query=request.rel_url.raw_query_string,
        headers={name.lower(): ",".join(request.headers.getall(name)) for name in request.headers},
        host=request.host,
        client=request.remote or "127.0.0.1",
    )


def response_of(answer: Json) -> web.Response:
    """Make the response that API Gateway makes of an answer."""
    body = answer.get("body") or ""
    content = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    return web.Response(status=answer["statusCode"], headers=answer.get("headers") or {}, body=content)


async def handle(request: web.BaseRequest, function: Function) -> web.StreamResponse:
    """Answer one request; what API Gateway answers itself is in its words."""
    try:
        call = function.call(await event_of(request))
        return response_of(await asyncio.wait_for(call, TIMEOUT))
    except web.HTTPRequestEntityTooLarge:
        return web.json_response({"message": "Request Too Long"}, status=413)
    except TimeoutError:
        return web.json_response({"message": "Service Unavailable"}, status=503)
    except FunctionError as error:
        log.warning("the function failed: %s", error)
    except (ClientError, ConnectionError) as error:  # it went away in the middle, or sent what is no HTTP
        log.warning("a request was not whole: %s", type(error).__name__)
        return web.json_response({"message": "Bad Request"}, status=400)
    except Exception:
        log.exception("the handler failed")
    return web.json_response({"message": "Internal Server Error"}, status=500)


def _without_traces() -> logging.Logger:
    """Return the log of the HTTP server: what a client did wrong is a line, and no trace of the library's inside."""

    def in_a_line(record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        record.msg, record.args = f"{record.getMessage()}{f': {type(error).__name__}' if error else ''}", ()
        record.exc_info = record.exc_text = None
        return True

    quiet = logging.getLogger(f"{__name__}.http")
    quiet.addFilter(in_a_line)
    return quiet


async def serve(host: str, port: int, function: Function) -> None:
    """Answer until told to stop."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, stop.set)
    request = partial(web.BaseRequest, loop=loop, client_max_size=MAX_BODY)
    server = web.Server(
        partial(handle, function=function),
        request_factory=request,
        access_log=None,
        logger=_without_traces(),
        auto_decompress=False,  # API Gateway hands a body on as it came
    )
    runner = web.ServerRunner(server, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    await stop.wait()
    await runner.cleanup()
    await function.close()


def main() -> None:
    """Serve where the command line says; the handler finds its settings in the environment."""
    parser = Parser(prog="python -m local.gateway", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument("--port", type=port, required=True, help="port to listen on")
    parser.add_argument("--function", metavar="URL", help="invoke the function at this address, not the one in here")
    arguments = parser.parse_args()
    function = Elsewhere(arguments.function) if arguments.function else Containers()
    try:
        asyncio.run(serve(arguments.host, arguments.port, function))
    except OSError as error:
        sys.exit(f"gateway: {arguments.host}:{arguments.port} cannot be listened on ({os.strerror(error.errno or 0)})")


if __name__ == "__main__":
    main()
