"""The client that awaits. Tasks of one event loop may share it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, Self

import httpx2

from .auth import RequestAuth, send_no_credentials
from .driver import AsyncDriver, Steps, hand_out
from .endpoint import CONNECT_SECONDS, READ_SECONDS, Endpoint
from .exchange import Item, Operation, Pause, Reply, Request, Stream
from .methods import Methods


class AsyncClient(Methods, AsyncDriver):
    """The API at one address."""

    def __init__(
        self,
        url: str,
        auth: RequestAuth = send_no_credentials,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`auth` makes the headers that authenticate a request."""
        self._endpoint: Final = Endpoint.of(url, auth)
        self._sleep: Final = sleep
        self._http: Final = httpx2.AsyncClient(
            timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx2.Limits(max_connections=None),  # a task that waits for a job must not hold up others
            trust_env=False,
        )

    @property
    def url(self) -> str:
        """The API's address."""
        return self._endpoint.url

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections, and with them the client."""
        await self._http.aclose()

    async def run[T](self, operation: Operation[T]) -> T:
        """Perform an operation, and return its value."""
        [value] = [value async for value in self.iterate(hand_out(operation))]
        return value

    async def iterate[T](self, stream: Stream[T]) -> AsyncIterator[T]:
        """Perform a stream, and yield its values."""
        steps = Steps(stream)
        while effect := steps.advance():
            match effect:
                case Item(value):
                    yield value
                case Pause(seconds):
                    await self._sleep(seconds)
                case Request():
                    with steps.failures():
                        steps.reply = await self.send(effect)

    async def send(self, request: Request) -> Reply:
        """Send one request as it is, and return the response whatever its status."""
        url, headers = self._endpoint.complete(request)
        try:
            response = await self._http.request(request.method, url, content=request.body, headers=headers)
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
            raise self._endpoint.invalid() from error
        except (httpx2.TransportError, OSError) as error:
            raise self._endpoint.unreachable(is_timeout=isinstance(error, httpx2.TimeoutException)) from error
        return Reply(response.status_code, response.content, dict(response.headers))
