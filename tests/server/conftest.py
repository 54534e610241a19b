"""A server in this process, for what can be seen without a network."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Protocol

import pytest
from msgspec import json

from durable.embedded.embedded import EmbeddedServer
from durable.embedded.store import Store
from durable.wire.envelope import VERSION, Head, encode_request
from durable.wire.requests import Request

HEAD = Head(corr_id="c", version=VERSION)
# A violation that SQLite notices at the commit.
FAIL_COMMIT = (
    "PRAGMA foreign_keys=ON",
    "CREATE TABLE broken (id TEXT REFERENCES promises (id) DEFERRABLE INITIALLY DEFERRED)",
    "CREATE TRIGGER fail AFTER INSERT ON promises BEGIN INSERT INTO broken VALUES ('none'); END",
)


class Clock:
    """A wall clock that a test sets."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path)) as opened:
        yield opened


@pytest.fixture
def embedded_server(store: Store, clock: Clock) -> EmbeddedServer:
    return EmbeddedServer(store, retry_timeout=5_000, wall_clock=clock)


class Ask(Protocol):
    """Sends a request and returns the status and the data of its answer."""

    def __call__(self, request: Request) -> tuple[int, object]:
        """Send a request."""


def make_ask(embedded_server: EmbeddedServer) -> Ask:
    def ask(request: Request) -> tuple[int, object]:
        reply = embedded_server.reply(encode_request(request.kind, HEAD, request))
        return reply.status, json.decode(reply.body)["data"]

    return ask


@pytest.fixture
def ask(embedded_server: EmbeddedServer) -> Ask:
    return make_ask(embedded_server)
