"""A request with a known head is not parsed; everything that only looks like one is."""

import asyncio
import socket
from contextlib import closing

import pytest

from durable.embedded.embedded import EmbeddedServer
from durable.embedded.http_connection import Connection as HttpConnection
from durable.embedded.http_connection import HttpServer
from durable.embedded.known_heads import MAX_HEADS, KnownHeads
from durable.embedded.push import Push
from durable.embedded.streams import Streams
from durable.embedded.turns import Turns
from local.server_process import EmbeddedProgram, ServerProcess
from tests.conformance.connection import Connection, request
from tests.conformance.target import body_of
from tests.conftest import StartServer

START = b"POST / HTTP/1.1\r\nHost: localhost:8001"


def make_request(body: bytes, *, job: bytes = b"a", start: bytes = START, length: bytes | None = None) -> bytes:
    length = b"%d" % len(body) if length is None else length
    return b"%b\r\nresonate:origin: %b\r\nAccept: */*\r\nContent-Length: %b\r\n\r\n%b" % (start, job, length, body)


@pytest.fixture
def heads() -> KnownHeads:
    known = KnownHeads()
    known.learn(make_request(b"{}"), b"{}")
    return known


@pytest.mark.parametrize("job", [b"a", b"another job/1"])
def test_a_known_head_may_name_another_job_and_length(heads: KnownHeads, job: bytes) -> None:
    assert heads.find_body(make_request(b'{"longer": 1}', job=job)) == b'{"longer": 1}'


def test_a_head_that_has_not_ended_is_left_to_the_parser() -> None:
    """Also if the head of an empty request is known: another header may follow."""
    heads = KnownHeads()
    heads.learn(make_request(b""), b"")
    assert heads.find_body(make_request(b"")) == b""
    assert heads.find_body(make_request(b"").removesuffix(b"\r\n\r\n")) is None


@pytest.mark.parametrize(
    "data",
    [
        make_request(b"{}", start=b"POST / HTTP/1.0\r\nHost: localhost:8001"),
        make_request(b"{}", start=START + b"\r\nConnection: close"),
        make_request(b"{}", start=START + b"\r\nOrigin: https://page.example"),
        make_request(b"{}", start=b"POST /other HTTP/1.1\r\nHost: localhost:8001"),
        make_request(b"{}", job=b"a\x00"),
        make_request(b"{}", job=b"a\nHost: other.example"),
        make_request(b"{}", length=b"3"),
        make_request(b"{}", length=b"1"),
        make_request(b"{}", length=b"02"),
        make_request(b"{}", length=b"2\r\nContent-Length: 2"),
        make_request(b"{}") * 2,
        make_request(b"{}")[:-1],
        make_request(b"{}").replace(b"\r\nContent-Length: 2", b""),
        b"\r\n\r\n",
        b"",
    ],
)
def test_other_data_is_left_to_the_parser(heads: KnownHeads, data: bytes) -> None:
    assert heads.find_body(data) is None


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (make_request(b"2\r\n{}\r\n0\r\n\r\n"), b"{}"),
        (make_request(b"{}") * 2, b"{}"),
        (make_request(b"{}", length=b"2\r\nContent-Length: 2"), b"{}"),
        (make_request(b"{}", start=START + b"\r\nCookie: " + b"a" * 2_000), b"{}"),
    ],
    ids=["chunks", "two requests", "two lengths", "long"],
)
def test_no_other_head_is_learned(data: bytes, body: bytes) -> None:
    heads = KnownHeads()
    heads.learn(data, body)
    assert heads.find_body(data) is None


def test_few_heads_are_kept(heads: KnownHeads) -> None:
    for n in range(MAX_HEADS):
        heads.learn(make_request(b"{}", start=START + b"%d" % n), b"{}")
    assert heads.find_body(make_request(b"{}")) is None
    assert heads.find_body(make_request(b"{}", start=START + b"%d" % (MAX_HEADS - 1))) == b"{}"


BODY = body_of("promise.get", {"id": "none"})
KNOWN_REQUEST = make_request(BODY)
NEW_REQUEST = request("POST", "/", f"content-length: {len(BODY)}") + BODY
FOREIGN_REQUEST = make_request(BODY, start=START + b"\r\nOrigin: https://page.example")


@pytest.fixture
def server(start_server: StartServer) -> ServerProcess:
    """A server that knows the head of KNOWN_REQUEST."""
    started = start_server(EmbeddedProgram())
    with Connection(started) as connection:
        assert connection.send(KNOWN_REQUEST).answer().status == 404
    return started


def wait_until_read(server: ServerProcess) -> None:
    """Wait until the server has read what was sent before: it answers a later request only then."""
    with Connection(server) as connection:
        assert connection.send(KNOWN_REQUEST).answer().status == 404


@pytest.mark.parametrize(
    "packets",
    [
        [KNOWN_REQUEST, KNOWN_REQUEST],
        [NEW_REQUEST, KNOWN_REQUEST],
        [KNOWN_REQUEST, NEW_REQUEST],
        [KNOWN_REQUEST[:100], KNOWN_REQUEST[100:]],
        [KNOWN_REQUEST[:-1], KNOWN_REQUEST[-1:]],
        [KNOWN_REQUEST * 2],
    ],
    ids=["known", "new first", "known first", "a head in parts", "a body in parts", "two at once"],
)
def test_requests_may_be_known_or_new(server: ServerProcess, packets: list[bytes]) -> None:
    with Connection(server) as connection:
        for packet in packets:
            connection.send(packet)
            wait_until_read(server)
        for _ in range(b"".join(packets).count(b"HTTP/1.1")):
            assert connection.answer().status == 404
        assert connection.send(FOREIGN_REQUEST).answer().status == 403


def test_a_known_request_inside_of_a_body_is_no_request(server: ServerProcess) -> None:
    with Connection(server) as connection:
        connection.send(request("POST", "/", f"content-length: {len(KNOWN_REQUEST)}"))
        wait_until_read(server)
        assert connection.send(KNOWN_REQUEST).answer().status == 400
        assert connection.send(NEW_REQUEST).answer().status == 404


@pytest.mark.parametrize("_", range(2))
def test_a_client_may_want_one_answer_only(server: ServerProcess, _: int) -> None:
    last = make_request(BODY, start=START + b"\r\nConnection: close")
    for _ in range(2):
        with Connection(server).send(last) as connection:
            assert connection.answer().status == 404
            assert connection.rest() == b""


def test_a_client_may_wait_for_100_continue_again(server: ServerProcess) -> None:
    patient = make_request(BODY, start=START + b"\r\nExpect: 100-continue")
    with Connection(server) as connection:
        for _ in range(2):
            connection.send(patient)
            assert connection.head().status == 100
            assert connection.answer().status == 404


class SocketTransport(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__({"socket": socket.socket()})
        self.written = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return False


def test_a_known_head_is_not_parsed(embedded_server: EmbeddedServer) -> None:
    async def play() -> bytes:
        push = Push(embedded_server.metrics.count_push)
        turns = Turns(embedded_server, Streams(), push)
        http = HttpServer(server=embedded_server, streams=turns.streams, turns=turns)
        connection, transport = HttpConnection(http), SocketTransport()
        with closing(transport.get_extra_info("socket")):
            connection.connection_made(transport)
        receive(connection, KNOWN_REQUEST)
        del connection.parser
        receive(connection, KNOWN_REQUEST)
        await asyncio.sleep(0)
        await push.close()
        return transport.written

    assert asyncio.run(play()).count(b"HTTP/1.1 404") == 2


def receive(connection: HttpConnection, data: bytes) -> None:
    connection.get_buffer(len(data))[: len(data)] = data
    connection.buffer_updated(len(data))
