"""The doctor's access to the Resonate server: no retries and a new connection per request, to see the present state."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import urandom
from typing import Final

from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from durable.wire.answers import OnePromise, OneTask
from durable.wire.client import Client
from durable.wire.errors import WireError
from durable.wire.limits import Limits
from durable.wire.records import Promise, Task, Value
from durable.wire.requests import PromiseCreate, PromiseGet, PromiseSettle, Request, TaskGet
from durable.wire.roots import root_promise, root_tags

LIFETIME_MS: Final = 60_000  # then the server itself settles promises of a killed doctor
_TIMEOUT_SECONDS: Final = 3.0
_LIMITS: Final = Limits(
    total_timeout=2 * _TIMEOUT_SECONDS, connect_timeout=_TIMEOUT_SECONDS, response_timeout=_TIMEOUT_SECONDS, retries=0
)


class DoctorServer:
    """A Resonate server at one URL. Its methods raise `WireError`."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url: Final = url.rstrip("/")
        self.has_token: Final = token is not None
        self._token: Final = token

    def read_status(self, path: str) -> int | None:
        """Return the HTTP status of a page, or None without a response."""
        pool = PoolManager(timeout=Timeout(_TIMEOUT_SECONDS), retries=Retry(0))
        try:
            return pool.request("GET", self.url + path).status
        except (HTTPError, OSError):
            return None

    def ask[A](self, request: Request, answer: type[A]) -> A:
        """Send one request."""
        with Client(self.url, token=self._token, limits=_LIMITS) as client:
            return client.ask(request, answer)

    def get(self, promise_id: str) -> Promise:
        """Read a promise."""
        return self.ask(PromiseGet(id=promise_id), OnePromise).promise

    def get_task(self, task_id: str) -> Task:
        """Read a task."""
        return self.ask(TaskGet(id=task_id), OneTask).task

    def create(self, promise_id: str, *, data: str | None = None) -> Promise:
        """Create a promise that no worker runs."""
        tags, param = root_tags(promise_id), Value(data=data)
        return self.ask(PromiseCreate(id=promise_id, timeout_at=self._end, param=param, tags=tags), OnePromise).promise

    def make_root(self, promise_id: str, func: str, *, target: str, version: int = 1) -> PromiseCreate:
        """Build the request for a workflow without arguments."""
        return root_promise(promise_id, func, target=target, timeout_at=self._end, version=version)

    @contextmanager
    def start(self, func: str, *, target: str, version: int = 1) -> Iterator[str]:
        """Start a workflow and yield its promise's id; after the block cancel it, if it has not ended."""
        promise_id = make_probe_id()
        self.ask(self.make_root(promise_id, func, target=target, version=version), OnePromise)
        try:
            yield promise_id
        finally:
            self.clean_up(promise_id)

    def cancel(self, promise_id: str) -> None:
        """Cancel a promise."""
        self.ask(PromiseSettle(id=promise_id, state="rejected_canceled"), OnePromise)

    def clean_up(self, *promise_ids: str) -> None:
        """Cancel promises as far as the server responds and knows them."""
        for promise_id in promise_ids:
            with suppress(WireError):
                self.cancel(promise_id)

    @property
    def _end(self) -> int:
        return int(time.time() * 1000) + LIFETIME_MS


def make_probe_id() -> str:
    """Return a new promise id outside those of jobs."""
    return f"probe/doctor-{urandom(6).hex()}"
