"""Connections are kept open and shared, and a closed one never makes a call fail."""

import socket
from contextlib import suppress
from http.client import NotConnected
from threading import Event

import pytest

from durable.wire.client import Client
from durable.wire.connection import Connection
from durable.wire.errors import Unavailable
from durable.wire.limits import Limits
from tests.waiting import TIMEOUT_SECONDS
from tests.wire.behaviors import HTML, PROMISE, answer_empty, answer_promise, close_silently, compress, http, reply_with
from tests.wire.calls import CONTINUE_CALL, IDEMPOTENT_CALLS, Example
from tests.wire.conftest import FakeTime, MakeClient, StartRogue
from tests.wire.rogue_server import Exchange, RogueServer


def connections_of(server: RogueServer) -> list[int]:
    """Return the number of each call's connection."""
    return [call.connection for call in server.calls]


def test_successive_calls_share_a_connection(start_rogue: StartRogue, make_client: MakeClient) -> None:
    """A new connection costs as much as a call."""
    server = start_rogue(answer_promise)
    shared = make_client(server.url)
    for _ in range(3):
        shared.get("p")
    assert connections_of(server) == [1, 1, 1]


@pytest.mark.parametrize("example", IDEMPOTENT_CALLS, ids=str)
def test_an_idle_connection_that_closes_during_a_request_is_replaced_at_once(
    example: Example, start_rogue: StartRogue, make_client: MakeClient, fake_time: FakeTime
) -> None:
    """Without a pause, and without using up a retry: two more failures are still retried."""
    server = start_rogue(answer_promise, close_silently, close_silently, reply_with(503, HTML), example.behavior)
    shared = make_client(server.url)
    shared.get("p")
    assert example.make(shared) == example.result
    assert connections_of(server) == [1, 1, 2, 3, 4]
    assert fake_time.pauses == [0.1, 0.2]


def test_a_connection_with_an_unrequested_reply_is_not_used(
    start_rogue: StartRogue, make_client: MakeClient, fake_time: FakeTime
) -> None:
    """Proxies send 408 on an idle connection; it must not be taken for the answer to the next request."""
    answered, idled = Event(), Event()

    def give_up(exchange: Exchange) -> bool:
        answer_promise(exchange)
        answered.wait(TIMEOUT_SECONDS)
        exchange.send(http(408, HTML))
        idled.set()
        return True

    server = start_rogue(give_up, answer_promise)
    shared = make_client(server.url)
    shared.get("p")
    answered.set()
    assert idled.wait(TIMEOUT_SECONDS)
    assert shared.get("p") == PROMISE
    assert (connections_of(server), fake_time.pauses) == ([1, 2], [])


def test_a_call_that_is_not_idempotent_gets_a_fresh_connection(
    start_rogue: StartRogue, make_client: MakeClient
) -> None:
    """So that a closed one cannot make it fail."""
    server = start_rogue(answer_promise, answer_empty)
    shared = make_client(server.url)
    shared.get("p")
    CONTINUE_CALL.make(shared)
    assert connections_of(server) == [1, 2]


def test_a_retry_gets_a_fresh_connection(start_rogue: StartRogue, make_client: MakeClient) -> None:
    """When a server was replaced, all idle connections to the old one hang, and may be more than the retries."""
    server = start_rogue(answer_promise, reply_with(503, HTML), answer_promise)
    shared = make_client(server.url)
    shared.get("p")
    shared.get("p")
    assert connections_of(server) == [1, 1, 2]


@pytest.mark.parametrize("more", ["", "Connection: close\r\n"], ids=["kept", "closing"])
def test_an_answer_that_is_too_large_closes_the_connection(
    more: str, start_rogue: StartRogue, make_client: MakeClient
) -> None:
    """It closes with the call, and does not wait for the garbage collector."""
    ended = Event()

    def talk_on(exchange: Exchange) -> None:
        with suppress(ConnectionError):
            exchange.send(http(200, "x" * 200_000, more=more))  # more than is read at once
            exchange.sock.recv(1)
        ended.set()

    with pytest.raises(Unavailable) as caught:
        make_client(start_rogue(talk_on).url, limits=Limits(retries=0, max_bytes=1000)).get("p")
    assert ended.wait(TIMEOUT_SECONDS)
    assert "more than 1000 bytes" in str(caught.value)


def test_the_head_and_the_body_of_a_request_do_not_wait_for_each_other(
    start_rogue: StartRogue, make_client: MakeClient
) -> None:
    """They are two writes: without TCP_NODELAY the second waits for the acknowledgement of the first."""
    sockets = []

    def dial(address: tuple[str, int], seconds: float) -> socket.socket:
        sockets.append(socket.create_connection(address, seconds))
        return sockets[0]

    make_client(start_rogue(answer_promise).url, dial=dial).get("p")
    assert sockets[0].getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_connection_with_an_unread_answer_is_not_kept(start_rogue: StartRogue, make_client: MakeClient) -> None:
    """The unread rest would be taken for the next answer."""
    server = start_rogue(compress, answer_promise)
    shared = make_client(server.url, limits=Limits(retries=0))
    with pytest.raises(Unavailable):
        shared.get("p")
    shared.get("p")
    assert connections_of(server) == [1, 2]


def test_a_closed_connection_does_not_reopen(start_rogue: StartRogue) -> None:
    """The library would reopen it without TLS, and send the token in clear text."""
    server = start_rogue(answer_promise)
    line = Connection.open(("127.0.0.1", server.port), 10, dial=socket.create_connection, tls=None)
    line.close()
    with pytest.raises(NotConnected):
        line.request("POST", "/")


def test_the_with_block_closes_idle_connections(start_rogue: StartRogue) -> None:
    """The server sees the end of the connection."""
    ended = Event()

    def watch(exchange: Exchange) -> None:
        answer_promise(exchange)
        if exchange.sock.recv(1) == b"":
            ended.set()

    with Client(start_rogue(watch).url) as client:
        client.get("p")
        assert not ended.is_set()
    assert ended.wait(TIMEOUT_SECONDS)
