"""Sends the messages of the outbox right after the commit, in batches, so that requests are answered in between."""

import asyncio
import logging
import sqlite3

from msgspec import json

from wire.answers import Outgoing
from wire.messages import MessageHead

from . import address
from .embedded import EmbeddedServer
from .push import Push
from .streams import Streams

# As in the real server: requests are answered between two batches.
BATCH_SIZE = 100

log = logging.getLogger(__name__)
_encode = json.Encoder().encode


class Delivery:
    """Sends messages from the outbox to streams and push targets. Create it in the running event loop."""

    def __init__(self, server: EmbeddedServer, streams: Streams, push: Push, url: str) -> None:
        """`url` is this server's address in messages."""
        self.server = server
        self.streams = streams
        self.push = push
        self.head = MessageHead(server_url=url)
        self.is_scheduled = False

    def wake(self) -> None:
        """Schedule a delivery if the outbox may hold messages; call this after each change."""
        if self.server.outbox.may_hold_some and not self.is_scheduled and not self.server.is_paused:
            self.is_scheduled = True
            asyncio.get_running_loop().call_soon(self._deliver)

    def _deliver(self) -> None:
        self.is_scheduled = False
        if self.server.is_paused:
            return
        try:
            taken = self.server.take_messages(BATCH_SIZE, self.head)
        except sqlite3.Error:
            # No message was taken; the next change or clock tick tries again.
            log.exception("messages cannot be taken from the database")
            self.server.outbox.may_hold_some = True
            return
        for outgoing in taken:
            self._send(outgoing)
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
