"""The client of either kind as one caller, and an API on a real socket that answers as a test has it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from longhand_client import AsyncClient, Client, send_no_credentials
from tests.ops import fake_server
from tests.ops.fake_server import FakeServer, Reply

PROCESSING_REPLY = Reply(200, b'{"status":"processing","jobId":"a"}', {"ETag": '"1"', "Retry-After": "1"})
DONE_REPLY = Reply(200, b'{"status":"done","jobId":"a","result":{"pageCount":1}}')
CLOSED_PORT = "http://127.0.0.1:9"

type AnyClient = Any  # of either kind: the methods have the same names


class Caller:
    """Makes calls with one kind of client, and records its pauses."""

    def __init__(self, kind: type[Client | AsyncClient]) -> None:
        self.kind = kind
        self.pauses: list[float] = []

    def __call__(self, url: str, ask: Callable[[AnyClient], Any], auth: Any = send_no_credentials) -> Any:  # noqa: ANN401
        """Return what a call returns; a list of what it yields."""
        if self.kind is Client:
            with Client(url, auth, sleep=self.pauses.append) as client:
                answer = ask(client)
                return list(answer) if isinstance(answer, Iterator) else answer
        return asyncio.run(self._await(url, ask, auth))

    async def _await(self, url: str, ask: Callable[[AnyClient], Any], auth: Any) -> Any:  # noqa: ANN401
        async with AsyncClient(url, auth, sleep=self._pause) as client:
            answer = ask(client)
            return [one async for one in answer] if isinstance(answer, AsyncIterator) else await answer

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


def in_turn(*replies: Reply) -> Callable[[fake_server.Request], Reply]:
    """Answer with each reply in turn."""
    remaining = list(replies)
    return lambda _: remaining.pop(0)


def paths(fake: FakeServer) -> list[str]:
    """Return the method and path of each request."""
    return [f"{request.method} {request.path}" for request in fake.requests]


def header(request: fake_server.Request, name: str) -> str | None:
    """Return a header, whatever the case of its name."""
    return {name.lower(): value for name, value in request.headers.items()}.get(name.lower())
