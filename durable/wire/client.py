"""A client of the Resonate server: each call returns a value of the protocol or raises a `WireError`.

Start a workflow and wait for its result:

    with Client("http://127.0.0.1:8001") as client:
        client.start("order/42", "process_order", order, target="poll://any@orders", timeout=3600)
        receipt = client.result("order/42", timeout=60)

Idempotent requests are retried while the server does not answer; a refusal is never retried. The client needs no SDK
and no event loop, so that a Lambda function starts fast.
"""

import socket
from collections.abc import Iterator, Mapping
from os import urandom
from typing import Any, Final, Self

from msgspec import structs

from .answers import OnePromise, PromisePage
from .clock import Clock
from .connection import Dial
from .envelope import VERSION, Head, encode_request
from .errors import Unavailable, WorkflowFailed
from .limits import Limits
from .records import Promise
from .reply import parse_reply
from .requests import PromiseCreate, PromiseGet, PromiseSearch, PromiseSettle, Request
from .roots import root_promise
from .transport import Transport

_FIRST_POLL_SECONDS: Final = 0.1
_MAX_POLL_SECONDS: Final = 1.0
_LIMITS: Final = Limits()
_CLOCK: Final = Clock()


class Client:
    """The server at one URL. Threads may share a client; close it, or use it in a `with` block."""

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        limits: Limits = _LIMITS,
        clock: Clock = _CLOCK,
        dial: Dial = socket.create_connection,
    ) -> None:
        self._transport: Final = Transport(url, limits, clock.monotonic, dial)
        self._token: Final = token
        self._limits: Final = limits
        self._clock: Final = clock

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the idle connections."""
        self._transport.close()

    def start(  # noqa: PLR0913 - what a workflow is started with
        self,
        promise_id: str,
        func: str,
        *args: object,
        target: str,
        timeout: float,
        version: int = 1,
        kwargs: Mapping[str, object] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> Promise:
        """Start a workflow, or return the promise of the workflow that has this id already.

        The workers at `target` run it; it fails when it has not ended after `timeout` seconds. The other arguments are
        those of `root_promise`.
        """
        timeout_at = int((self._clock.now() + timeout) * 1_000)
        request = root_promise(
            promise_id, func, *args, target=target, timeout_at=timeout_at, version=version, kwargs=kwargs, tags=tags
        )
        return self.create(request)

    def result(self, promise_id: str, *, timeout: float) -> Any:  # noqa: ANN401 - any JSON
        """Wait for a workflow and return its result as JSON.

        Raises WorkflowFailed if it failed, was canceled or timed out, and TimeoutError after `timeout` seconds.
        """
        promise = self.wait(promise_id, timeout=timeout)
        if promise.state != "resolved":
            raise WorkflowFailed(promise.id, promise.state, promise.value.decode())
        return promise.value.decode()

    def wait(self, promise_id: str, *, timeout: float) -> Promise:
        """Return a promise once it is settled. Raises TimeoutError after `timeout` seconds."""
        end = self._clock.monotonic() + timeout
        pause = _FIRST_POLL_SECONDS
        while (promise := self.get(promise_id)).state == "pending":
            if self._clock.monotonic() + pause > end:
                raise TimeoutError(f"{promise_id} is still pending after {timeout:g} s")
            self._clock.sleep(pause)
            pause = min(pause * 2, _MAX_POLL_SECONDS)
        return promise

    def create(self, request: PromiseCreate) -> Promise:
        """Create a promise, or return the first one with this id."""
        return self.ask(request, OnePromise).promise

    def get(self, promise_id: str) -> Promise:
        """Read a promise."""
        return self.ask(PromiseGet(id=promise_id), OnePromise).promise

    def settle(self, request: PromiseSettle) -> Promise:
        """Settle a promise, or return it as it was settled before."""
        return self.ask(request, OnePromise).promise

    def search(self, request: PromiseSearch) -> PromisePage:
        """Read one page of promises."""
        return self.ask(request, PromisePage)

    def search_all(self, request: PromiseSearch) -> Iterator[Promise]:
        """Read promises page by page, each page when it is needed."""
        page = self.search(request)
        yield from page.promises
        while page.cursor is not None:
            page = self.search(structs.replace(request, cursor=page.cursor))
            yield from page.promises

    def ask[A](self, request: Request, answer: type[A]) -> A:
        """Send a request of any kind and return its answer, which is of the given type.

        Only the first attempt of an idempotent request may use a connection that was kept open: a server may close one
        at any time, and then nothing shows whether it has read the request.
        """
        end = self._clock.monotonic() + self._limits.total_timeout
        corr_id = urandom(8).hex()
        body = encode_request(request.kind, Head(corr_id=corr_id, version=VERSION, auth=self._token), request)
        retries = self._limits.retries if request.is_idempotent else 0
        attempt = 0
        while True:
            try:
                reply = self._transport.post(body, end, fresh=attempt > 0 or not request.is_idempotent)
                return parse_reply(reply, answer, kind=request.kind, corr_id=corr_id)
            except Unavailable:
                pause = self._limits.retry_pause * 2**attempt * (1 + self._clock.draw()) / 2
                if attempt == retries or self._clock.monotonic() + pause >= end:
                    raise
            self._clock.sleep(pause)
            attempt += 1
