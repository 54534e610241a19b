"""HTTP as clients speak it: pipelined, chunked, compressed by mistake, with an eye on the answer before the body."""

import gzip
from collections.abc import Iterator

import pytest

from local.server_process import ServerProgram
from wire.envelope import VERSION

from .ask import Ask
from .bodies import GOOD, MAX_BODY, TOO_LARGE
from .fleet import ON_VIRTUAL_TIME, Fleet
from .line import Line, request
from .requests import create
from .target import Target, body_of

LENGTH = f"content-length: {len(GOOD)}"
CHUNKED = "transfer-encoding: chunked"
END = b"0\r\n\r\n"


def chunks(body: bytes, size: int) -> bytes:
    """Write a body in chunks, without its end."""
    parts = (body[at : at + size] for at in range(0, len(body), size))
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)


@pytest.fixture
def line(server_program: ServerProgram, fleet: Fleet, target: Target) -> Iterator[Line]:
    """Have a connection to a server where the promise `a` exists."""
    Ask(target).done(create("a"))
    with Line(fleet.server(server_program, ON_VIRTUAL_TIME)) as line:
        yield line


def test_requests_on_a_connection_are_answered_in_their_order(line: Line) -> None:
    """However many are sent before the first answer is read."""
    names = [f"{number}" for number in range(200)]
    posts = [body_of("promise.get", {"id": "a"}, corr_id=name) for name in names]
    line.send(*(request("POST", "/", f"content-length: {len(body)}") + body for body in posts))
    for name in names:
        answer = line.answer()
        assert isinstance(answer.body, dict)
        assert answer.body["head"] == {"corrId": name, "status": 200, "version": VERSION}


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_body_may_come_in_chunks(line: Line, size: int) -> None:
    """Of any size; the connection can be used again."""
    for _ in range(2):
        line.send(request("POST", "/", CHUNKED), chunks(GOOD, size), END)
        assert line.answer().status == 200


@pytest.mark.parametrize(
    "body",
    [b"zz\r\n" + GOOD, b"-1\r\n" + GOOD, b"5\r\n" + GOOD, b"f" * 20 + b"\r\n" + GOOD, b"\r\n", b"\0\r\n"],
    ids=["no number", "negative", "too short", "too long", "nothing", "NUL"],
)
def test_chunks_that_are_none_are_refused(line: Line, body: bytes) -> None:
    """And the connection is closed: nobody knows where the next request begins."""
    line.send(request("POST", "/", CHUNKED), body)
    assert line.head().status == 400
    line.rest()


@pytest.mark.parametrize(("extra", "status"), [(0, 404), (1, 413)])
def test_chunks_have_at_most_2_mib_together(line: Line, extra: int, status: int) -> None:
    """As a body in one piece has."""
    filler = "n" * (MAX_BODY - len(body_of("promise.get", {"id": ""})) + extra)
    line.send(request("POST", "/", CHUNKED), chunks(body_of("promise.get", {"id": filler}), 65_536), END)
    answer = line.answer()
    assert answer.status == status
    if status == 413:
        assert (answer.content_type, answer.body) == ("text/plain; charset=utf-8", TOO_LARGE)


def test_a_client_may_wait_until_its_body_is_wanted(line: Line) -> None:
    """It is told to go on before it sends it."""
    line.send(request("POST", "/", LENGTH, "expect: 100-continue"))
    assert line.head().status == 100
    assert line.send(GOOD).answer().status == 200


def test_any_other_expectation_is_met(line: Line) -> None:
    """By nobody looking at it."""
    assert line.post(GOOD, "expect: miracles").answer().status == 200


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "identity", "x"])
def test_a_body_is_taken_as_it_is_whatever_its_coding_is_said_to_be(line: Line, coding: str) -> None:
    """JSON is JSON."""
    assert line.post(GOOD, f"content-encoding: {coding}").answer().status == 200


def test_a_compressed_body_is_no_json(line: Line) -> None:
    """Nobody unpacks it, so that none can be larger than it looks."""
    assert line.post(gzip.compress(GOOD), "content-encoding: gzip").answer().status == 400
    bomb = gzip.compress(b" " * 10 * MAX_BODY + GOOD)
    assert line.post(bomb, "content-encoding: gzip").answer().status == 400


@pytest.mark.parametrize("headers", [["connection: close"], ["connection: Close", "x: y"]])
def test_a_client_may_want_one_answer_only(line: Line, headers: list[str]) -> None:
    """The connection is closed after it."""
    assert line.post(GOOD, *headers).answer().status == 200
    assert line.rest() == b""


def test_an_old_client_gets_one_answer(line: Line) -> None:
    """HTTP/1.0 closes by itself."""
    line.send(request("POST", "/", LENGTH).replace(b"1.1", b"1.0"), GOOD)
    assert line.answer().status == 200
    assert line.rest() == b""


@pytest.mark.parametrize("length", ["-1", "+5", "x", "0x5", "9" * 30, "5, 6"])
def test_a_length_that_is_none_is_refused(line: Line, length: str) -> None:
    """And the connection is closed: nobody knows where the next request begins."""
    line.send(request("POST", "/", f"content-length: {length}"))
    assert line.head().status == 400
    line.rest()


def test_two_lengths_are_none(line: Line) -> None:
    """When they differ."""
    line.send(request("POST", "/", "content-length: 5", "content-length: 6"))
    assert line.head().status == 400


def test_a_header_may_be_long(line: Line) -> None:
    """Promise ids stand in one."""
    assert line.post(GOOD, f"resonate:origin: {'o' * 60_000}").answer().status == 200


def test_a_client_may_offer_to_speak_something_else(line: Line) -> None:
    """Nobody takes it up."""
    assert line.post(GOOD, "connection: Upgrade", "upgrade: websocket").answer().status == 200
