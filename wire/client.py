"""Calls of the Resonate server, one method a kind: what comes back is a value of the protocol or a `WireError`.

A call that may be repeated without changing what it means is: after the server did not answer, and never after it
refused. No SDK and no event loop are behind it, so that a Lambda starts fast and never waits longer than it can.

What ships creates, reads, settles and searches promises. To listen, to halt a task and to let it go on are for whoever
looks after a server, by a script of theirs, and for the tests, which do what such a person does.
"""

from collections.abc import Iterator
from os import urandom
from typing import Final, Self

from msgspec import structs

from .answers import Done, OnePromise, PromisePage
from .envelope import VERSION, Head, encode_request
from .errors import Unavailable
from .limits import Ambient, Limits
from .records import Promise
from .requests import (
    PromiseCreate,
    PromiseGet,
    PromiseRegisterListener,
    PromiseSearch,
    PromiseSettle,
    Request,
    TaskContinue,
    TaskHalt,
)
from .transport import Transport
from .verdict import understand

_LIMITS: Final = Limits()
_AMBIENT: Final = Ambient()


class Client:
    """The server at one url. Any number of threads may share it; close it, or use it in a `with` block."""

    def __init__(
        self, url: str, *, token: str | None = None, limits: Limits = _LIMITS, ambient: Ambient = _AMBIENT
    ) -> None:
        self._transport: Final = Transport(url, limits, ambient)
        self._token: Final = token
        self._limits: Final = limits
        self._ambient: Final = ambient

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._transport.close()

    def create(self, request: PromiseCreate) -> Promise:
        """Create a promise, or return the one that was created first with this id."""
        return self._call(request, OnePromise).promise

    def get(self, promise_id: str) -> Promise:
        """Read a promise."""
        return self._call(PromiseGet(id=promise_id), OnePromise).promise

    def settle(self, request: PromiseSettle) -> Promise:
        """Settle a promise, or return it as it was settled before."""
        return self._call(request, OnePromise).promise

    def search(self, request: PromiseSearch) -> PromisePage:
        """Read one page of promises."""
        return self._call(request, PromisePage)

    def search_all(self, request: PromiseSearch) -> Iterator[Promise]:
        """Read promises page by page, each page when it is needed."""
        page = self.search(request)
        yield from page.promises
        while page.cursor is not None:
            page = self.search(structs.replace(request, cursor=page.cursor))
            yield from page.promises

    def register_listener(self, request: PromiseRegisterListener) -> Promise:
        """Have a message sent when the promise is settled; one that is settled already sends none."""
        return self._call(request, OnePromise).promise

    def halt(self, task_id: str) -> None:
        """Stop a task. Halting twice is halting once, so it may be repeated."""
        self._call(TaskHalt(id=task_id), Done)

    def continue_(self, task_id: str) -> None:
        """Let a halted task go on. Never repeated: the second time is a conflict, or undoes a halt in between."""
        self._call(TaskContinue(id=task_id), Done, repeat=False)

    def _call[A](self, request: Request, answer: type[A], *, repeat: bool = True) -> A:
        """Ask until there is an answer, a refusal, or no time left; only a first attempt may use a kept connection."""
        end = self._ambient.clock() + self._limits.budget
        corr_id = urandom(8).hex()
        body = encode_request(request.kind, Head(corr_id=corr_id, version=VERSION, auth=self._token), request)
        attempt = 0
        while True:
            try:
                reply = self._transport.post(body, end, fresh=attempt > 0 or not repeat)
                return understand(reply, answer, kind=request.kind, corr_id=corr_id)
            except Unavailable:
                pause = self._limits.pause * 2**attempt * (1 + self._ambient.draw()) / 2
                if not repeat or attempt == self._limits.retries or self._ambient.clock() + pause >= end:
                    raise
            self._ambient.sleep(pause)
            attempt += 1
