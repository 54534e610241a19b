"""What the embedded server's own HTTP does beyond what clients see of both servers."""

import pytest

from durable.embedded.http_connection import MAX_REQUEST_BYTES
from local.server_process import EmbeddedProgram, ServerProcess
from tests.conformance.connection import Connection, request
from tests.conformance.target import Json, body_of
from tests.conftest import StartServer

PIECE = b"a" * 2**20
HEADER_START = request("POST", "/").removesuffix(b"\r\n") + b"x: "
TRAILER_START = request("POST", "/", "transfer-encoding: chunked") + b"0\r\nx: "


@pytest.fixture
def server(start_server: StartServer) -> ServerProcess:
    return start_server(EmbeddedProgram())


@pytest.mark.parametrize("start", [HEADER_START, TRAILER_START], ids=["header", "trailer"])
def test_an_endless_request_is_refused(server: ServerProcess, start: bytes) -> None:
    """The server keeps no more of it than its limit."""
    with Connection(server).send(start) as connection:
        for _ in range(MAX_REQUEST_BYTES // len(PIECE) + 1):
            connection.send(PIECE)
        assert connection.head().status == 413


@pytest.mark.parametrize("headers", [["a: b"] * 300, [f"origin: http://{'a' * 2_000}"]], ids=["many", "long"])
def test_headers_that_cost_much_memory_are_refused(server: ServerProcess, headers: list[str]) -> None:
    """Each of many costs more than its two bytes, and the verdict about a page is kept with its origin."""
    with Connection(server).send(request("GET", "/ready", *headers)) as connection:
        assert connection.head().status == 400


def test_nothing_is_written_into_a_stream_but_events(server: ServerProcess) -> None:
    asks = request("GET", "/poll/group/pid") + request("POST", "/", "expect: 100-continue", "content-length: 5")
    with Connection(server).send(asks) as connection:
        assert connection.head().status == 200
        connection.end()
        assert connection.rest() == b""


def test_an_offer_of_another_protocol_changes_nothing(server: ServerProcess) -> None:
    """Java's client and curl make one; the body, also in chunks, and the requests after it are read as ever."""
    offer = ("connection: Upgrade, HTTP2-Settings", "upgrade: h2c", "http2-settings: x")
    body = body_of("promise.get", {"id": "none"})
    chunked = request("POST", "/", *offer, "transfer-encoding: chunked") + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    plain = request("POST", "/", *offer, f"content-length: {len(body)}") + body
    with Connection(server).send(plain, chunked, plain, request("GET", "/ready", *offer)) as connection:
        assert [connection.answer().status for _ in range(4)] == [404, 404, 404, 200]


def test_a_tunnel_is_refused(server: ServerProcess) -> None:
    with Connection(server).send(request("CONNECT", "h:1")) as connection:
        assert connection.head().status == 400


def test_an_event_stream_for_an_old_client_has_no_chunks(server: ServerProcess) -> None:
    """HTTP/1.0 does not know them: the stream is the rest of the connection."""
    with Connection(server).send(request("GET", "/poll/g/p").replace(b"1.1", b"1.0")) as connection:
        head = connection.head()
        assert (head.status, head.headers.get("transfer-encoding")) == (200, None)
        job: dict[str, Json] = {"id": "job", "timeoutAt": 2**52, "tags": {"resonate:target": "poll://any@g"}}
        with Connection(server) as other:
            assert other.post(body_of("promise.create", job)).answer().status == 200
        assert '"job"' in connection.event()


INVALID_REQUESTS = [
    b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nno more",
    b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n4\r\nabcdXX\r\n",
    b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\n\xff\xfe\x00\x01",
    b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nhost: a\r\n\r\n",
    b"GET /\xff\x80 HTTP/1.1\r\nhost: \xff\r\norigin: \xff\r\n\r\n",
    b"GET /poll/%ff/%ff HTTP/1.1\r\nhost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: a\r\nx y\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
]


def test_an_invalid_request_leaves_no_line_in_the_log(server: ServerProcess) -> None:
    for words in INVALID_REQUESTS:
        with Connection(server).send(words) as connection:
            connection.end()
            connection.rest()
    with Connection(server) as connection:
        assert connection.post(body_of("promise.get", {"id": "none"})).answer().status == 404
    assert "Traceback" not in server.log.read_text()
    assert "ERROR" not in server.log.read_text()
