"""The client that blocks. Threads may share it."""

import time
from collections.abc import Callable, Iterator
from typing import Final, Self

from urllib3 import PoolManager, Retry, Timeout
from urllib3 import exceptions as errors

from .auth import RequestAuth, send_no_credentials
from .driver import Steps, SyncDriver, hand_out
from .endpoint import CONNECT_SECONDS, READ_SECONDS, Endpoint
from .exchange import Item, Operation, Pause, Reply, Request, Stream
from .methods import Methods


class Client(Methods, SyncDriver):
    """The API at one address."""

    def __init__(
        self, url: str, auth: RequestAuth = send_no_credentials, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """`auth` makes the headers that authenticate a request."""
        self._endpoint: Final = Endpoint.of(url, auth)
        self._sleep: Final = sleep
        self._pool: Final = PoolManager(
            timeout=Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS), retries=Retry(0, redirect=False)
        )

    @property
    def url(self) -> str:
        """The API's address."""
        return self._endpoint.url

    @property
    def auth(self) -> RequestAuth:
        """What makes the headers that authenticate a request."""
        return self._endpoint.auth

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; another request opens new ones."""
        self._pool.clear()

    def run[T](self, operation: Operation[T]) -> T:
        """Perform an operation, and return its value."""
        [value] = self.iterate(hand_out(operation))
        return value

    def iterate[T](self, stream: Stream[T]) -> Iterator[T]:
        """Perform a stream, and yield its values."""
        steps = Steps(stream)
        while effect := steps.advance():
            match effect:
                case Item(value):
                    yield value
                case Pause(seconds):
                    self._sleep(seconds)
                case Request():
                    with steps.failures():
                        steps.reply = self.send(effect)

    def send(self, request: Request) -> Reply:
        """Send one request as it is, and return the response whatever its status."""
        url, headers = self._endpoint.complete(request)
        try:
            response = self._pool.request(request.method, url, body=request.body, headers=headers)
        except errors.LocationValueError as error:
            raise self._endpoint.invalid() from error
        except (errors.HTTPError, OSError) as error:
            raise self._endpoint.unreachable(is_timeout=isinstance(error, errors.TimeoutError)) from error
        return Reply(response.status, response.data, {name.lower(): value for name, value in response.headers.items()})
