"""The stand-in for Lambda's Invoke API answers as Lambda does, by HTTP."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from io import BytesIO
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp import web

from local.containers import Containers
from local.events import FUNCTION_ARN, Json
from local.http_server import make_server
from local.invoke_api import MAX_BODY_BYTES, InvokeApi
from local.server_process import HOST, free_port

PATH = f"/2015-03-31/functions/{quote(FUNCTION_ARN, safe='')}/invocations"


class Caller:
    """Sends requests to the API."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def invoke(
        self, body: bytes = b"{}", *, path: str = PATH, kind: str = "RequestResponse", **headers: str
    ) -> tuple[int, Json, str | None]:
        """Return status, body, and the header that says that the function failed, or which error it is."""
        sent = {"X-Amz-Invocation-Type": kind, **headers}
        async with self._session.post(self._url + path, data=BytesIO(body), headers=sent) as response:
            kind_of_error = response.headers.get("X-Amz-Function-Error") or response.headers.get("x-amzn-ErrorType")
            return response.status, await response.json(), kind_of_error


def run(handler: str, use: Callable[[Caller], Awaitable[None]], *, limit: int = 1) -> None:
    async def main() -> None:
        containers, port = Containers(handler, limit=limit, seconds=0.5), free_port()
        runner = web.ServerRunner(make_server(InvokeApi(containers).handle, max_body_bytes=MAX_BODY_BYTES))
        await runner.setup()
        await web.TCPSite(runner, HOST, port).start()
        try:
            async with aiohttp.ClientSession(headers={"Content-Type": "application/json"}) as session:
                await use(Caller(session, f"http://{HOST}:{port}"))
        finally:
            await runner.cleanup()
            await containers.close()

    asyncio.run(main())


def test_a_function_is_invoked_and_its_failures_are_answers_with_a_header(handler: str) -> None:
    async def use(caller: Caller) -> None:
        status, answer, error = await caller.invoke()
        assert (status, answer["name"], error) == (200, "slow", None)
        status, answer, error = await caller.invoke(b'{"raise": "too bad"}')
        assert (status, answer["errorType"], answer["errorMessage"], error) == (
            200,
            "ValueError",
            "too bad",
            "Unhandled",
        )
        status, answer, error = await caller.invoke(b'{"exit": 1}')
        assert (status, answer["errorType"], error) == (200, "Runtime.ExitError", "Unhandled")
        status, answer, error = await caller.invoke(b'{"seconds": 60}')
        assert (status, answer["errorType"], error) == (200, "Sandbox.Timedout", "Unhandled")

    run(handler, use)


def test_a_call_beyond_the_limit_is_refused_at_once_and_may_be_made_later(handler: str) -> None:
    async def use(caller: Caller) -> None:
        calls = await asyncio.gather(caller.invoke(), caller.invoke())
        (first, *_), (status, answer, error) = sorted(calls, key=lambda call: call[0])
        assert (first, status, error) == (200, 429, "TooManyRequestsException")
        assert (answer["Reason"], answer["message"]) == (
            "ReservedFunctionConcurrentInvocationLimitExceeded",
            "Rate Exceeded.",
        )
        assert (await caller.invoke())[0] == 200

    run(handler, use)


@pytest.mark.parametrize(
    ("request_", "status", "error"),
    [
        ({"path": PATH.replace("functions%3A", "others%3A").replace("function%3A", "other%3A")}, 404, "ResourceNotFo"),
        ({"path": "/2015-03-31/functions/other/invocations"}, 404, "ResourceNotFoundException"),
        ({"kind": "Event"}, 400, "InvalidParameterValueException"),
        ({"body": b"{"}, 400, "InvalidRequestContentException"),
        ({"body": b'"' + b"x" * MAX_BODY_BYTES + b'"'}, 413, "RequestTooLargeException"),
    ],
    ids=["another name", "another function", "asynchronous", "no JSON", "too large"],
)
def test_a_request_that_lambda_would_refuse_runs_no_function(
    handler: str, request_: dict[str, object], status: int, error: str
) -> None:
    async def use(caller: Caller) -> None:
        found = await caller.invoke(**request_)  # type: ignore[arg-type]
        assert found[0] == status
        assert str(found[2]).startswith(error)
        assert found[1]["message"]

    run(handler.replace("slow", "missing"), use)


def test_a_foreign_web_page_cannot_invoke_a_function(handler: str) -> None:
    async def use(caller: Caller) -> None:
        status, answer, _ = await caller.invoke(Origin="https://evil.example")
        assert (status, answer["code"]) == (403, "cross_site")

    run(handler.replace("slow", "missing"), use)


def test_the_function_is_reached_by_its_name_too(handler: str) -> None:
    async def use(caller: Caller) -> None:
        status, answer, _ = await caller.invoke(path="/2015-03-31/functions/functions/invocations")
        assert (status, json.dumps(answer["name"])) == (200, '"slow"')

    run(handler, use)
