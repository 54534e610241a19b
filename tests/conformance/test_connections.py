"""HTTP as clients use it: pipelined, chunked, compressed by mistake, with Expect: 100-continue."""

import gzip
from collections.abc import Iterator

import pytest

from durable.wire.envelope import VERSION
from local.server_process import ServerProgram

from .bodies import GOOD, MAX_BODY, TOO_LARGE_TEXT
from .connection import Connection, request
from .fleet import ON_VIRTUAL_TIME, Fleet
from .protocol_client import Client
from .requests import create
from .target import Target, body_of

LENGTH = f"content-length: {len(GOOD)}"
CHUNKED_HEADER = "transfer-encoding: chunked"
END = b"0\r\n\r\n"


def chunks(body: bytes, size: int) -> bytes:
    """Write a body in chunks, without its end."""
    parts = (body[at : at + size] for at in range(0, len(body), size))
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)


@pytest.fixture
def connection(server_program: ServerProgram, fleet: Fleet, behind_http: Target) -> Iterator[Connection]:
    """Have a connection to a server where the promise `a` exists."""
    Client(behind_http).send_all(create("a"))
    with Connection(fleet.server(server_program, ON_VIRTUAL_TIME)) as connection:
        yield connection


def test_requests_on_a_connection_are_answered_in_their_order(connection: Connection) -> None:
    """However many are sent before the first answer is read."""
    names = [f"{number}" for number in range(200)]
    posts = [body_of("promise.get", {"id": "a"}, corr_id=name) for name in names]
    connection.send(*(request("POST", "/", f"content-length: {len(body)}") + body for body in posts))
    for name in names:
        answer = connection.answer()
        assert isinstance(answer.body, dict)
        assert answer.body["head"] == {"corrId": name, "status": 200, "version": VERSION}


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_body_may_come_in_chunks(connection: Connection, size: int) -> None:
    """The chunks may have any size, and the connection stays usable."""
    for _ in range(2):
        connection.send(request("POST", "/", CHUNKED_HEADER), chunks(GOOD, size), END)
        assert connection.answer().status == 200


@pytest.mark.parametrize(
    "body",
    [b"zz\r\n" + GOOD, b"-1\r\n" + GOOD, b"5\r\n" + GOOD, b"f" * 20 + b"\r\n" + GOOD, b"\r\n", b"\0\r\n"],
    ids=["no number", "negative", "too short", "too long", "nothing", "NUL"],
)
def test_invalid_chunks_are_refused(connection: Connection, body: bytes) -> None:
    """The connection is closed, because the start of the next request is unknown."""
    connection.send(request("POST", "/", CHUNKED_HEADER), body)
    assert connection.head().status == 400
    connection.rest()


@pytest.mark.parametrize(("extra", "status"), [(0, 404), (1, 413)])
def test_chunks_have_at_most_2_mib_together(connection: Connection, extra: int, status: int) -> None:
    """A body in one piece has the same limit."""
    filler = "n" * (MAX_BODY - len(body_of("promise.get", {"id": ""})) + extra)
    connection.send(request("POST", "/", CHUNKED_HEADER), chunks(body_of("promise.get", {"id": filler}), 65_536), END)
    answer = connection.answer()
    assert answer.status == status
    if status == 413:
        assert (answer.content_type, answer.body) == ("text/plain; charset=utf-8", TOO_LARGE_TEXT)


def test_a_client_may_wait_for_100_continue(connection: Connection) -> None:
    """The server answers 100 before the body is sent."""
    connection.send(request("POST", "/", LENGTH, "expect: 100-continue"))
    assert connection.head().status == 100
    assert connection.send(GOOD).answer().status == 200


def test_any_other_expectation_is_ignored(connection: Connection) -> None:
    """The server ignores it."""
    assert connection.post(GOOD, "expect: miracles").answer().status == 200


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "identity", "x"])
def test_a_body_is_read_as_it_is_whatever_its_content_encoding(connection: Connection, coding: str) -> None:
    """JSON is JSON."""
    assert connection.post(GOOD, f"content-encoding: {coding}").answer().status == 200


def test_a_compressed_body_is_no_json(connection: Connection) -> None:
    """The server does not unpack it, so that no body is larger than it looks."""
    assert connection.post(gzip.compress(GOOD), "content-encoding: gzip").answer().status == 400
    bomb = gzip.compress(b" " * 10 * MAX_BODY + GOOD)
    assert connection.post(bomb, "content-encoding: gzip").answer().status == 400


@pytest.mark.parametrize("headers", [["connection: close"], ["connection: Close", "x: y"]])
def test_a_client_may_want_one_answer_only(connection: Connection, headers: list[str]) -> None:
    """The connection is closed after it."""
    assert connection.post(GOOD, *headers).answer().status == 200
    assert connection.rest() == b""


def test_an_old_client_gets_one_answer(connection: Connection) -> None:
    """HTTP/1.0 closes by itself."""
    connection.send(request("POST", "/", LENGTH).replace(b"1.1", b"1.0"), GOOD)
    assert connection.answer().status == 200
    assert connection.rest() == b""


@pytest.mark.parametrize("length", ["-1", "+5", "x", "0x5", "9" * 30, "5, 6"])
def test_an_invalid_length_is_refused(connection: Connection, length: str) -> None:
    """The connection is closed, because the start of the next request is unknown."""
    connection.send(request("POST", "/", f"content-length: {length}"))
    assert connection.head().status == 400
    connection.rest()


def test_two_different_lengths_are_refused(connection: Connection) -> None:
    """They differ."""
    connection.send(request("POST", "/", "content-length: 5", "content-length: 6"))
    assert connection.head().status == 400


def test_a_header_may_be_long(connection: Connection) -> None:
    """The SDK sends promise ids in one."""
    assert connection.post(GOOD, f"resonate:origin: {'o' * 60_000}").answer().status == 200


def test_a_client_may_offer_another_protocol(connection: Connection) -> None:
    """The server ignores the offer."""
    assert connection.post(GOOD, "connection: Upgrade", "upgrade: websocket").answer().status == 200
