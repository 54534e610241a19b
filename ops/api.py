"""The typed client of the API for commands, with errors that tell a user what to do.

Two errors stay as they are, because commands answer with them: `NotFoundError` and `WaitTimeoutError`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import sleep as sleep_seconds
from typing import Final

from contract.answers import NotFound, StatusAnswer
from longhand_client import (
    Client,
    ClientError,
    NotFoundError,
    Reply,
    Request,
    RequestAuth,
    WaitTimeoutError,
    send_no_credentials,
)
from longhand_client.exchange import Stream

from .http_errors import explain_error

type Answer = StatusAnswer | NotFound


class Api(Client):
    """The API at one address. Failures raise `UserError`."""

    def __init__(
        self,
        url: str,
        auth: RequestAuth = send_no_credentials,
        *,
        remedy: str = "",
        sleep: Callable[[float], None] = sleep_seconds,
    ) -> None:
        """`remedy` is the advice for an API that does not respond."""
        super().__init__(url, auth, sleep=sleep)
        self._remedy: Final = remedy

    def iterate[T](self, stream: Stream[T]) -> Iterator[T]:
        """Perform a stream, and yield its values."""
        with self._explain_errors():
            yield from super().iterate(stream)

    def send_once(self, method: str, path: str) -> Reply:
        """Send one request without retries and return the response, whatever its status."""
        with self._explain_errors():
            return self.send(Request(method=method, path=path))

    def read_status(self, job_id: str) -> Answer:
        """Return the state of a job, or that it does not exist."""
        try:
            return self.status(job_id)
        except NotFoundError:
            return NotFound(job_id=job_id)

    @contextmanager
    def _explain_errors(self) -> Iterator[None]:
        try:
            yield
        except (NotFoundError, WaitTimeoutError):
            raise
        except ClientError as error:
            raise explain_error(self.url, error, self._remedy) from error
