"""Connections are kept open and shared, and one that died meanwhile is never a failure."""

import socket
from contextlib import suppress
from http.client import NotConnected
from threading import Event

import pytest

from tests.wire.calls import ONCE, REPEATED, Example
from tests.wire.conftest import FakeTime, MakeClient, StartRogue
from tests.wire.manners import HTML, PROMISE, done, good, http, says, slams, zips
from tests.wire.rogue import Rogue, Talk
from wire.client import Client
from wire.connection import Connection
from wire.errors import Unavailable
from wire.limits import Limits


def used(server: Rogue) -> list[int]:
    """The numbers of the connections that the calls came in on."""
    return [call.connection for call in server.calls]


def test_calls_one_after_the_other_use_one_connection(rogue: StartRogue, client: MakeClient) -> None:
    """To connect costs as much as to ask."""
    server = rogue(good)
    shared = client(server.url)
    for _ in range(3):
        shared.get("p")
    assert used(server) == [1, 1, 1]


@pytest.mark.parametrize("example", REPEATED, ids=str)
def test_a_kept_connection_that_dies_under_a_request_is_replaced_at_once(
    example: Example, rogue: StartRogue, client: MakeClient, time: FakeTime
) -> None:
    """No pause, and none of the retries is used up: two more failures are survived."""
    server = rogue(good, slams, slams, says(503, HTML), example.manner)
    shared = client(server.url)
    shared.get("p")
    assert example.make(shared) == example.result
    assert used(server) == [1, 1, 2, 3, 4]
    assert time.pauses == [0.1, 0.2]


def test_a_connection_on_which_something_came_unasked_is_not_used(
    rogue: StartRogue, client: MakeClient, time: FakeTime
) -> None:
    """Proxies say 408 to a connection that idled; it must not be taken for the answer to the next request."""
    answered, idled = Event(), Event()

    def give_up(talk: Talk) -> bool:
        good(talk)
        answered.wait(10)
        talk.say(http(408, HTML))
        idled.set()
        return True

    server = rogue(give_up, good)
    shared = client(server.url)
    shared.get("p")
    answered.set()
    assert idled.wait(10)
    assert shared.get("p") == PROMISE
    assert (used(server), time.pauses) == ([1, 2], [])


def test_a_call_that_must_not_be_repeated_gets_a_fresh_connection(rogue: StartRogue, client: MakeClient) -> None:
    """So that a dead one cannot be the reason of its failure."""
    server = rogue(good, done)
    shared = client(server.url)
    shared.get("p")
    ONCE.make(shared)
    assert used(server) == [1, 2]


def test_a_retry_gets_a_fresh_connection(rogue: StartRogue, client: MakeClient) -> None:
    """When a server was replaced, all that lead to the old one hang, and there are more of them than retries."""
    server = rogue(good, says(503, HTML), good)
    shared = client(server.url)
    shared.get("p")
    shared.get("p")
    assert used(server) == [1, 1, 2]


@pytest.mark.parametrize("more", ["", "Connection: close\r\n"], ids=["kept", "closing"])
def test_the_rest_of_an_answer_that_is_too_large_is_not_waited_for(
    more: str, rogue: StartRogue, client: MakeClient
) -> None:
    """The connection ends with the call, not when somebody forgets the error."""
    ended = Event()

    def talk_on(talk: Talk) -> None:
        with suppress(ConnectionError):
            talk.say(http(200, "x" * 200_000, more=more))  # more than is read at once
            talk.sock.recv(1)
        ended.set()

    with pytest.raises(Unavailable) as caught:
        client(rogue(talk_on).url, limits=Limits(retries=0, max_bytes=1000)).get("p")
    assert ended.wait(10)
    assert "more than 1000 bytes" in str(caught.value)


def test_the_head_and_the_body_of_a_request_do_not_wait_for_each_other(rogue: StartRogue, client: MakeClient) -> None:
    """They are two writes, and without this option the second waits until the first one's receipt is there."""
    sockets = []

    def dial(address: tuple[str, int], seconds: float) -> socket.socket:
        sockets.append(socket.create_connection(address, seconds))
        return sockets[0]

    client(rogue(good).url, dial=dial).get("p")
    assert sockets[0].getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_connection_with_an_unread_answer_is_not_kept(rogue: StartRogue, client: MakeClient) -> None:
    """The rest of it would be taken for the next answer."""
    server = rogue(zips, good)
    shared = client(server.url, limits=Limits(retries=0))
    with pytest.raises(Unavailable):
        shared.get("p")
    shared.get("p")
    assert used(server) == [1, 2]


def test_a_closed_line_does_not_open_itself_again(rogue: StartRogue) -> None:
    """It would do so without TLS, and send the token in clear text."""
    server = rogue(good)
    line = Connection.open(("127.0.0.1", server.port), 10, dial=socket.create_connection, tls=None)
    line.close()
    with pytest.raises(NotConnected):
        line.request("POST", "/")


def test_the_with_block_closes_what_was_kept(rogue: StartRogue) -> None:
    """The server sees the end of the connection."""
    ended = Event()

    def watch(talk: Talk) -> None:
        good(talk)
        if talk.sock.recv(1) == b"":
            ended.set()

    with Client(rogue(watch).url) as client:
        client.get("p")
        assert not ended.is_set()
    assert ended.wait(10)
