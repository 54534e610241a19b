"""The servers that a test can drive through time: the embedded one in this process, or any one in debug mode."""

import socket
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from time import monotonic  # not the test's: the answers of another process take real time
from typing import Any, Final, NamedTuple, Protocol

from msgspec import json

from durable.embedded.embedded import EmbeddedServer
from durable.embedded.rows import LEASE, RESEND
from durable.embedded.store import MemoryStore
from durable.wire.answers import EmptyAnswer, Outgoing, Snapshot
from durable.wire.envelope import VERSION, Head, encode_request
from durable.wire.limits import Limits
from durable.wire.messages import Execute
from durable.wire.reply import Reply, parse_reply
from durable.wire.requests import TARGET, DebugReset, DebugSnap, DebugStart, DebugStop, DebugTick, Request
from durable.wire.transport import Transport

from .virtual_clock import VirtualClock

_RETRY_MILLISECONDS: Final = 30_000  # the real server's default
_MAX_MESSAGES: Final = 1_000
_MAX_DUE: Final = 10_000
_REPLY_SECONDS: Final = 10.0
_JSON: Final = "application/json"


class Announced(NamedTuple):
    """A task that the server offers to the workers at an address."""

    id: str
    version: int
    address: str


class TimerKind(Enum):
    """What the server does when a timer fires, unless something happens before."""

    SLEEP = "end a durable sleep"
    DEADLINE = "time a promise out"
    LEASE = "end a lease"
    RESEND = "announce a task again"


class Timer(NamedTuple):
    """A moment in milliseconds, and the promise or task that it concerns; `address` is a task's."""

    kind: TimerKind
    id: str
    moment: int
    address: str = ""


_TASK_TIMERS: Final = {RESEND: TimerKind.RESEND, LEASE: TimerKind.LEASE}


class DrivenServer(Protocol):
    """A server that uses the test's time, and sends nothing by itself."""

    def post(self, body: bytes) -> Reply:
        """Answer a request."""

    def take_announced(self) -> Iterable[Announced]:
        """Return the tasks to deliver, each once."""

    def fire_due(self) -> None:
        """Do what is due at the test's time."""

    def timers(self) -> Sequence[Timer]:
        """Return the timers that will fire."""

    def close(self) -> None:
        """End its use by this test."""


def ask[A](server: DrivenServer, request: Request, answer: type[A]) -> A:
    """Send a request of the test itself, and return its answer."""
    body = encode_request(request.kind, Head(corr_id="test", version=VERSION), request)
    return parse_reply(server.post(body), answer, kind=request.kind, corr_id="test")


class InProcessServer:
    """The embedded server without a network, on a database in memory."""

    def __init__(self, clock: VirtualClock) -> None:
        self._store: Final = MemoryStore()
        self._server: Final = EmbeddedServer(self._store, retry_timeout=_RETRY_MILLISECONDS, wall_clock=clock.now)

    def post(self, body: bytes) -> Reply:
        """Answer a request."""
        status, content = self._server.reply(body)
        return Reply(status, _JSON, content)

    def take_announced(self) -> Iterable[Announced]:
        """Return the tasks to deliver, each once."""
        while self._server.has_messages:
            yield from _find_tasks(self._server.take_turn([], _MAX_MESSAGES).messages)

    def fire_due(self) -> None:
        """Do what is due at the test's time."""
        while self._server.tick(_MAX_DUE):
            pass

    def timers(self) -> Sequence[Timer]:
        """Return the timers that will fire."""
        promises = self._store.sql("SELECT is_timer, id, timeout_at FROM promises WHERE state = 'pending'")
        tasks = self._store.sql("SELECT timer, id, timeout_at, target FROM tasks WHERE timer IS NOT NULL")
        return [
            *(Timer(TimerKind.SLEEP if is_timer else TimerKind.DEADLINE, *row) for is_timer, *row in promises),
            *(Timer(_TASK_TIMERS[timer], *row) for timer, *row in tasks),
        ]

    def close(self) -> None:
        """Close the database."""
        self._store.close()


class DebugServer:
    """A server at a URL that was started with --debug. Its data is deleted at the start."""

    def __init__(self, clock: VirtualClock, url: str) -> None:
        self._clock: Final = clock
        self._delivered: Final = dict[str, int]()
        self._transport: Final = Transport(
            url, Limits(response_timeout=_REPLY_SECONDS), monotonic, socket.create_connection
        )
        self._snapshot: Snapshot | None = None
        ask(self, DebugStart(), EmptyAnswer)
        ask(self, DebugReset(), EmptyAnswer)

    def post(self, body: bytes) -> Reply:
        """Answer a request, at the test's time."""
        self._snapshot = None
        request: dict[str, Any] = json.decode(body)
        request["head"]["resonate:debug_time"] = self._clock.milliseconds
        return self._transport.post(json.encode(request), monotonic() + _REPLY_SECONDS, fresh=False)

    def take_announced(self) -> Iterable[Announced]:
        """Return the tasks to deliver, each once until the server announces it again."""
        addresses = self._find_addresses()
        for task in self._take_snapshot().tasks:
            if task.state == "pending" and self._delivered.get(task.id) != task.version:
                self._delivered[task.id] = task.version
                yield Announced(task.id, task.version, addresses[task.id])

    def fire_due(self) -> None:
        """Do what is due at the test's time, and deliver every pending task again, as the server may announce it."""
        ask(self, DebugTick(time=self._clock.milliseconds), list[object])
        self._delivered.clear()

    def timers(self) -> Sequence[Timer]:
        """Return the timers that will fire."""
        snapshot, addresses = self._take_snapshot(), self._find_addresses()
        sleeps = {promise.id for promise in snapshot.promises if promise.tags.get("resonate:timer") == "true"}
        promises = (
            (TimerKind.SLEEP if one.id in sleeps else TimerKind.DEADLINE, one) for one in snapshot.promise_timeouts
        )
        return [
            *(Timer(kind, one.id, one.timeout) for kind, one in promises),
            *(Timer(_TASK_TIMERS[one.kind], one.id, one.timeout, addresses[one.id]) for one in snapshot.task_timeouts),
        ]

    def close(self) -> None:
        """Let the server's time pass again."""
        ask(self, DebugStop(), EmptyAnswer)
        self._transport.close()

    def _take_snapshot(self) -> Snapshot:
        if self._snapshot is None:
            self._snapshot = ask(self, DebugSnap(), Snapshot)
        return self._snapshot

    def _find_addresses(self) -> dict[str, str]:
        return {promise.id: promise.tags.get(TARGET, "") for promise in self._take_snapshot().promises}


def _find_tasks(messages: Sequence[Outgoing]) -> Iterator[Announced]:
    for outgoing in messages:
        if isinstance(outgoing.message, Execute):
            task = outgoing.message.data.task
            yield Announced(task.id, task.version, outgoing.address)
