"""Alternates between requests and messages: each turn answers all waiting requests with one commit.

Requests wait while the turn before is busy. The commit is the dearest part of a small request, so a turn of many costs
little more than a turn of one. No answer and no message leaves before the commit.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import NamedTuple

from msgspec import json

from durable.wire.answers import Outgoing

from . import address
from .embedded import EmbeddedServer, Reply
from .push import Push
from .streams import Streams

# As in the real server: requests are answered between two batches.
MAX_MESSAGES_PER_TURN = 100

log = logging.getLogger(__name__)
_encode = json.Encoder().encode


class Waiting(NamedTuple):
    """A request that waits for its turn. A request without a body only keeps its place: the rules do not see it."""

    body: bytes | None
    respond: Callable[[Reply | None], None]


class Turns:
    """Runs turns as long as requests or messages wait. Create it in the running event loop."""

    def __init__(self, server: EmbeddedServer, streams: Streams, push: Push) -> None:
        """Have `server` answer, and send its messages to streams and push targets."""
        self.server = server
        self.streams = streams
        self.push = push
        self.waiting: list[Waiting] = []
        self.is_scheduled = False

    def add(self, request: Waiting) -> None:
        """Answer the request in the next turn, after those that came before it."""
        self.waiting.append(request)
        self._schedule()

    def wake(self) -> None:
        """Send the waiting messages, if there are any."""
        if self.server.has_messages:
            self._schedule()

    def _schedule(self) -> None:
        if not self.is_scheduled:
            self.is_scheduled = True
            asyncio.get_running_loop().call_soon(self.run)

    def run(self) -> None:
        """Answer the waiting requests, then send messages."""
        self.is_scheduled = False
        requests, self.waiting = self.waiting, []
        bodies = [request.body for request in requests if request.body is not None]
        replies, messages = self.server.take_turn(bodies, MAX_MESSAGES_PER_TURN)
        unsent = iter(replies)
        for body, respond in requests:
            _run_apart(respond, None if body is None else next(unsent))
        for message in messages:
            _run_apart(self._send, message)
        if messages:
            self.wake()

    def _send(self, outgoing: Outgoing) -> None:
        target = address.parse(outgoing.address)
        if target is None:  # a schedule's target is not checked at its creation
            return
        message = _encode(outgoing.message)
        if target.scheme == "poll":
            self.streams.send(target, message)
        elif target.scheme in ("http", "https"):
            self.push.send(outgoing.address, message)


def _run_apart[T](send: Callable[[T], None], what: T) -> None:
    """Log a failure of one client's answer or message: it must not cost the others theirs."""
    try:
        send(what)
    except Exception:
        log.exception("an answer or a message was lost")
