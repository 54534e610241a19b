"""A request with a known head is not parsed; everything that only looks like one is."""

import pytest

from durable.embedded.known_heads import MAX_HEADS, KnownHeads
from local.server_process import EmbeddedProgram
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


def test_the_requests_of_a_connection_may_be_known_or_new(start_server: StartServer) -> None:
    """In any order, in parts, and several at once; each has its own answer, and a refused page stays refused."""
    body = body_of("promise.get", {"id": "none"})
    known, other = make_request(body), request("POST", "/", f"content-length: {len(body)}") + body
    foreign = make_request(body, start=START + b"\r\nOrigin: https://page.example")
    with Connection(start_server(EmbeddedProgram())) as connection:
        for parts in ([known], [known], [other], [known], [known[:100], known[100:]], [known], [known + known]):
            for part in parts:
                connection.send(part)
            for _ in range(sum(map(len, parts)) // len(known) or 1):
                assert connection.answer().status == 404
        assert connection.send(foreign).answer().status == 403
        assert connection.send(known[:-1]).send(known[-1:]).answer().status == 404
        assert connection.send(make_request(body, start=START + b"\r\nConnection: close")).answer().status == 404
        assert connection.rest() == b""
