"""One request to the engine, with no retries and no patience: a doctor wants to see what is, not to get by."""

import time
from collections.abc import Callable
from contextlib import closing
from http import HTTPStatus
from os import urandom
from socket import create_connection
from typing import Final

from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from wire.answers import AcquiredTask, EmptyAnswer, OnePromise, OneTask, TaskPage
from wire.envelope import VERSION, Head, encode_request
from wire.limits import Limits
from wire.records import Promise, Task, Value
from wire.reply import parse_reply
from wire.requests import (
    TARGET,
    Beat,
    CreateAction,
    PromiseCreate,
    PromiseGet,
    PromiseSettle,
    Request,
    TaskCreate,
    TaskGet,
    TaskHeartbeat,
    TaskSearch,
)
from wire.roots import root_tags
from wire.transport import Transport

LIFETIME: Final = 60_000  # ms; what a doctor that was killed left behind ends by itself
_SECONDS: Final = 3.0


class Engine:
    """Raises what `wire` raises."""

    def __init__(self, url: str, token: str | None = None, clock: Callable[[], float] = time.time) -> None:
        self.url: Final = url.rstrip("/")
        self._token: Final = token
        self._limits: Final = Limits(connect_timeout=_SECONDS, response_timeout=_SECONDS)
        self._clock: Final = clock

    def page(self, path: str) -> int | None:
        """Return the status of a page, or nothing when nobody answers."""
        try:
            return PoolManager(timeout=Timeout(_SECONDS), retries=Retry(0)).request("GET", self.url + path).status
        except (HTTPError, OSError):
            return None

    @property
    def is_ready(self) -> bool:
        """Whether it says so."""
        return self.page("/ready") == HTTPStatus.OK

    @property
    def now(self) -> int:
        """Our time, as the engine counts it."""
        return int(self._clock() * 1000)

    def ask[A](self, request: Request, answer: type[A]) -> A:
        """Send one request."""
        corr_id = urandom(8).hex()
        body = encode_request(request.kind, Head(corr_id=corr_id, version=VERSION, auth=self._token), request)
        with closing(Transport(self.url, self._limits, time.monotonic, create_connection)) as transport:
            reply = transport.post(body, time.monotonic() + 2 * _SECONDS, fresh=True)
        return parse_reply(reply, answer, kind=request.kind, corr_id=corr_id)

    def get(self, promise_id: str) -> Promise:
        """Read a promise."""
        return self.ask(PromiseGet(id=promise_id), OnePromise).promise

    def create(self, creation: PromiseCreate) -> Promise:
        """Create a promise."""
        return self.ask(creation, OnePromise).promise

    def cancel(self, promise_id: str) -> Promise:
        """Settle what is left."""
        return self.ask(PromiseSettle(id=promise_id, state="rejected_canceled"), OnePromise).promise

    def hold(self, creation: PromiseCreate, pid: str, ttl: int) -> Task:
        """Create a promise and hold its task."""
        action = CreateAction(kind=PromiseCreate.kind, head={}, data=creation)
        return self.ask(TaskCreate(pid=pid, ttl=ttl, action=action), AcquiredTask).task

    def beat(self, task: Task, pid: str) -> None:
        """Extend the lease."""
        self.ask(TaskHeartbeat(pid=pid, tasks=[Beat(id=task.id, version=task.version)]), EmptyAnswer)

    def task(self, task_id: str) -> Task:
        """Read a task."""
        return self.ask(TaskGet(id=task_id), OneTask).task

    def held_tasks(self) -> list[Task]:
        """Those that workers hold at the moment."""
        return self.ask(TaskSearch(state="acquired"), TaskPage).tasks

    def creation(self, promise_id: str, *, target: str | None = None, data: str | None = None) -> PromiseCreate:
        """Make a promise that ends by itself soon."""
        to = {TARGET: target} if target else {}
        return PromiseCreate(
            id=promise_id,
            timeout_at=self.now + LIFETIME,
            param=Value(data=data),
            tags={**root_tags(promise_id), **to},
        )


def probe_id() -> str:
    """A new id, where nobody looks for jobs."""
    return f"probe/doctor-{urandom(6).hex()}"
