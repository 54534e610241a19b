"""A stand-in for Lambda's Invoke API: runs a real handler in processes, and answers as Lambda does.

It supports one of Lambda's invocation types, the one that waits for the answer (RequestResponse). A call beyond the
limit is refused with a 429. A call that raised, ended or took too long is a 200 with the header X-Amz-Function-Error.
"""

import json
import uuid
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

from aiohttp import web

from .command_line import Parser, parse_port
from .containers import Containers
from .events import FUNCTION, FUNCTION_ARN, Json
from .functions import FunctionError
from .http_server import refuse_foreign_page, run_server
from .server_process import HOST

HANDLER: Final = "lambdas.functions.handler.handler"
SECONDS: Final = 300  # the function's timeout on AWS
MAX_BODY_BYTES: Final = 6 * 2**20  # Lambda's limit for such calls
_PATH: Final = "/2015-03-31/functions/{}/invocations"


class InvokeApi:
    """The API over one function."""

    def __init__(self, containers: Containers) -> None:
        self._containers: Final = containers

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        if refusal := refuse_foreign_page(request, frozenset()):
            return refusal
        if request.method != "POST" or unquote(request.rel_url.raw_path) not in map(
            _PATH.format, (FUNCTION_ARN, FUNCTION)
        ):
            return _refuse(HTTPStatus.NOT_FOUND, "ResourceNotFoundException", f"Function not found: {request.path}")
        if request.headers.get("X-Amz-Invocation-Type", "RequestResponse") != "RequestResponse":
            sentence = "make serve knows the invocation type RequestResponse only"
            return _refuse(HTTPStatus.BAD_REQUEST, "InvalidParameterValueException", sentence)
        try:
            event = json.loads(await request.read() or b"{}")
        except web.HTTPRequestEntityTooLarge:
            sentence = f"Request must be smaller than {MAX_BODY_BYTES} bytes for the InvokeFunction operation"
            return _refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "RequestTooLargeException", sentence)
        except ValueError as error:
            sentence = f"Could not parse request body into json: {error}"
            return _refuse(HTTPStatus.BAD_REQUEST, "InvalidRequestContentException", sentence)
        return await self._invoke(event)

    async def _invoke(self, event: Json) -> web.Response:
        if self._containers.is_full:
            reason = {"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"}
            return _refuse(HTTPStatus.TOO_MANY_REQUESTS, "TooManyRequestsException", "Rate Exceeded.", **reason)
        headers = {"X-Amz-Executed-Version": "$LATEST", "x-amzn-RequestId": str(uuid.uuid4())}
        try:
            answer = await self._containers.call(event)
        except FunctionError as error:
            return web.json_response(error.details, headers={**headers, "X-Amz-Function-Error": "Unhandled"})
        return web.json_response(answer, headers=headers)


def _refuse(status: HTTPStatus, kind: str, sentence: str, **more: str) -> web.Response:
    """Return an error of the API itself: the function was not called."""
    body = {**more, "Type": "User", "message": sentence}
    return web.json_response(body, status=status, headers={"x-amzn-ErrorType": kind})


def main() -> None:
    """Serve on the port from the command line; the handler reads its settings from the environment."""
    parser = Parser(prog="python -m local.invoke_api", description=__doc__)
    parser.add_argument("--port", type=parse_port, required=True, help="port to listen on")
    parser.add_argument("--limit", type=int, default=8, help="invocations at a time (default %(default)s)")
    arguments = parser.parse_args()
    containers = Containers(HANDLER, limit=arguments.limit, seconds=SECONDS)
    handle = InvokeApi(containers).handle
    run_server("functions", HOST, arguments.port, handle, close=containers.close, max_body_bytes=MAX_BODY_BYTES)


if __name__ == "__main__":
    main()
