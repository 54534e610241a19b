"""API Gateway on a laptop: HTTP requests become events of payload version 2.0 for the real handler, its answers HTTP.

The handler runs in processes of its own, each with one request at a time, as Lambda's containers have.
"""

import argparse
import asyncio
import base64
import logging
import signal
import time
import uuid
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from typing import Any, Final

from aiohttp import web

MAX_BODY: Final = 10 * 2**20  # API Gateway's own limit
CONTAINERS: Final = 4  # requests at once; each takes a few milliseconds, or seconds while the engine is away
TIMEOUT: Final = 30.0  # seconds; API Gateway's

log = logging.getLogger(__name__)

type Json = dict[str, Any]


class Context:
    """What the Lambda runtime hands over beside the event."""

    function_name = "trigger"
    memory_limit_in_mb = 256
    invoked_function_arn = "arn:aws:lambda:local:000000000000:function:trigger"

    def __init__(self) -> None:
        self.aws_request_id = str(uuid.uuid4())


def invoke(event: Json) -> Json:
    """Call the handler, in the process that runs it; importing it there is the container's cold start."""
    from lambdas.trigger.handler import handler  # noqa: PLC0415 - see above

    return handler(event, Context())  # type: ignore[arg-type]


async def event_of(request: web.BaseRequest) -> Json:
    """Make the event that API Gateway makes of a request."""
    body, is_base64 = _text(await request.read())
    http = {
        "method": request.method,
        "path": request.rel_url.path,
        "protocol": "HTTP/1.1",
        "sourceIp": request.remote or "127.0.0.1",
        "userAgent": request.headers.get("user-agent", ""),
    }
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.rel_url.path,
        "rawQueryString": request.rel_url.raw_query_string,
        "headers": {name.lower(): ",".join(request.headers.getall(name)) for name in request.headers},
        "requestContext": _request_context(request.host, http),
        "body": body,
        "isBase64Encoded": is_base64,
    }


def _request_context(host: str, http: Json) -> Json:
    now = time.time()
    return {
        "accountId": "000000000000",
        "apiId": "local",
        "domainName": host,
        "domainPrefix": "local",
        "http": http,
        "requestId": str(uuid.uuid4()),
        "routeKey": "$default",
        "stage": "$default",
        "time": datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(now * 1000),
    }


def _text(body: bytes) -> tuple[str | None, bool]:
    """What is no text is handed over as base64."""
    if not body:
        return None, False
    try:
        return body.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), True


def response_of(answer: Json) -> web.Response:
    """Make the response that API Gateway makes of an answer."""
    body = answer.get("body") or ""
    content = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    return web.Response(status=answer["statusCode"], headers=answer.get("headers") or {}, body=content)


class Gateway:
    """The containers behind HTTP."""

    def __init__(self) -> None:
        self._containers = _containers()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request; what API Gateway answers itself is in its words."""
        containers = self._containers
        try:
            event = await event_of(request)
            call = asyncio.get_running_loop().run_in_executor(containers, invoke, event)
            return response_of(await asyncio.wait_for(call, TIMEOUT))
        except web.HTTPRequestEntityTooLarge:
            return web.json_response({"message": "Request Too Long"}, status=413)
        except TimeoutError:
            return web.json_response({"message": "Service Unavailable"}, status=503)
        except BrokenExecutor:
            if self._containers is containers:  # one died: the next request finds new ones
                self._containers = _containers()
                containers.shutdown(wait=False)
        except Exception:
            log.exception("the handler failed")
        return web.json_response({"message": "Internal Server Error"}, status=500)

    def close(self) -> None:
        """End the containers."""
        self._containers.shutdown(cancel_futures=True)


def _containers() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(CONTAINERS, mp_context=get_context("spawn"))


async def serve(host: str, port: int) -> None:
    """Answer until told to stop."""
    gateway = Gateway()
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, stop.set)
    request = partial(web.BaseRequest, loop=loop, client_max_size=MAX_BODY)
    server = web.Server(gateway.handle, request_factory=request, access_log=None)
    runner = web.ServerRunner(server, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    await stop.wait()
    await runner.cleanup()
    gateway.close()


def main() -> None:
    """Serve where the command line says; the handler finds its settings in the environment."""
    parser = argparse.ArgumentParser(prog="python -m local.gateway", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument("--port", type=int, required=True, help="port to listen on")
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.host, arguments.port))


if __name__ == "__main__":
    main()
