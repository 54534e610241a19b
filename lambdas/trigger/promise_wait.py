"""Waits until a promise is settled: a worker does what the request asked for, and the client waits for it."""

from typing import Final

from durable.wire.client import Client
from durable.wire.clock import Clock
from durable.wire.records import Promise

FIRST_POLL_SECONDS: Final = 0.1  # a worker needs half of it for a short document
MAX_POLL_SECONDS: Final = 1.0
_POLL_BACKOFF: Final = 1.5


def wait_until_settled(promise: Promise, server: Client, clock: Clock, end: float) -> Promise:
    """Return the promise once it is settled; at `end`, by the monotonic clock, return it as it is."""
    pause = FIRST_POLL_SECONDS
    while promise.state == "pending" and clock.monotonic() + pause <= end:
        clock.sleep(pause)
        pause = min(pause * _POLL_BACKOFF, MAX_POLL_SECONDS)
        promise = server.get(promise.id)
    return promise
