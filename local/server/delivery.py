"""Sends what committed changes have left in the outbox: right after the commit, in batches that yield to requests."""

import asyncio
import logging
import sqlite3

from msgspec import json

from wire.answers import Outgoing
from wire.messages import MessageHead

from . import address
from .embedded import EmbeddedServer
from .push import Push
from .seats import Seats

# As the real server: a flood leaves in pieces, and requests are answered between them.
BATCH = 100

log = logging.getLogger(__name__)
_encode = json.Encoder().encode


class Delivery:
    """From the outbox to seats and push targets. Make it where the loop runs."""

    def __init__(self, server: EmbeddedServer, seats: Seats, push: Push, url: str) -> None:
        """`url` is what messages name as this server's address."""
        self.server = server
        self.seats = seats
        self.push = push
        self.head = MessageHead(server_url=url)
        self.is_under_way = False

    def wake(self) -> None:
        """Call it after each change: one delivery is under way whenever the outbox holds something."""
        if self.server.outbox.may_hold_some and not self.is_under_way and not self.server.is_paused:
            self.is_under_way = True
            asyncio.get_running_loop().call_soon(self._deliver)

    def _deliver(self) -> None:
        self.is_under_way = False
        if self.server.is_paused:
            return
        try:
            taken = self.server.take_messages(BATCH, self.head)
        except sqlite3.Error:
            # Nothing was taken: the next change, or the clock, tries again.
            log.exception("messages cannot be taken from the database")
            self.server.outbox.may_hold_some = True
            return
        for outgoing in taken:
            self._send(outgoing)
        self.wake()

    def _send(self, outgoing: Outgoing) -> None:
        target = address.parse(outgoing.address)
        if target is None:  # a schedule's tags are not judged before it fires
            return
        message = _encode(outgoing.message)
        if target.scheme == "poll":
            self.seats.send(target, message)
        elif target.scheme in ("http", "https"):
            self.push.send(outgoing.address, message)
