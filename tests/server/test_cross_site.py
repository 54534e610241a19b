"""No web page can use the user's browser to give orders to the servers of a laptop."""

import json
import os
from collections.abc import Iterator

import pytest

from durable.embedded.cross_site import find_refusal
from local.server_process import EmbeddedProgram, ServerProcess
from local.system import System
from tests.conformance.connection import Connection
from tests.conformance.target import body_of
from tests.conftest import StartServer
from tests.warm_system import make_system

OWN_NAMES = frozenset({"box.lan", ""})  # the second one of an address without a name, as in `--url box.lan:8001`
GOOD = body_of("promise.get", {"id": "none"})


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, None),
        ({"host": ""}, None),
        ({"host": "localhost:8001"}, None),
        ({"host": "[::1]:8001"}, None),
        ({"host": "192.168.1.7:8001"}, None),
        ({"host": "server:8001"}, None),
        ({"host": "Box.LAN.:8001"}, None),
        ({"origin": "http://localhost:3000", "site": "same-site"}, None),
        ({"origin": "http://127.0.0.1:8001", "site": "same-origin"}, None),
        ({"host": "192.168.1.7", "origin": "http://192.168.1.7"}, None),
        ({"site": "none"}, None),
        ({"content_type": "application/json"}, None),
        ({"content_type": "application/x-www-form-urlencoded"}, None),
        ({"host": "evil.example:8001"}, "unknown_host"),
        ({"host": "127.0.0.1.evil.example"}, "unknown_host"),
        ({"host": "evil.example", "origin": "http://evil.example"}, "unknown_host"),
        ({"host": "["}, "unknown_host"),
        ({"origin": "https://evil.example"}, "cross_site"),
        ({"origin": "https://localhost.evil.example"}, "cross_site"),
        ({"origin": "http://203.0.113.5"}, "cross_site"),
        ({"origin": "null"}, "cross_site"),
        ({"host": "", "origin": "null"}, "cross_site"),
        ({"site": "cross-site"}, "cross_site"),
        ({"content_type": "text/plain;charset=UTF-8"}, "not_json"),
        ({"content_type": "Multipart/Form-Data; boundary=x"}, "not_json"),
    ],
)
def test_only_requests_that_no_foreign_page_can_cause_are_answered(headers: dict[str, str], code: str | None) -> None:
    given = {"host": "127.0.0.1:8001", "origin": "", "site": "", "content_type": "", **headers}
    refusal = find_refusal(**given, own_names=OWN_NAMES)
    assert (refusal and refusal.code) == code


@pytest.fixture
def server(start_server: StartServer) -> ServerProcess:
    return start_server(EmbeddedProgram())


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with make_system(tmp_path_factory.mktemp("system"), os.environ) as running:
        yield running


FOREIGN = {
    "a page of another site": (b"host: 127.0.0.1\r\norigin: https://evil.example\r\n", 403),
    "a page of an old browser": (b"host: 127.0.0.1\r\ncontent-type: text/plain\r\n", 415),
    "a name that now means this machine": (b"host: evil.example\r\n", 421),
}


@pytest.mark.parametrize(("headers", "status"), FOREIGN.values(), ids=FOREIGN)
def test_the_embedded_server_refuses_each_route_to_a_foreign_page(
    server: ServerProcess, headers: bytes, status: int
) -> None:
    """An order, a stream of messages, and what the pages show; a request after it is answered as ever."""
    post = b"POST / HTTP/1.1\r\n%bcontent-length: %d\r\n\r\n%b" % (headers, len(GOOD), GOOD)
    gets = [b"GET %b HTTP/1.1\r\n%b\r\n" % (path, headers) for path in (b"/poll/group/pid", b"/metrics")]
    with Connection(server).send(post, *gets) as connection:
        assert [connection.answer().status for _ in range(3)] == [status] * 3
        assert connection.post(GOOD).answer().status == 404


@pytest.mark.parametrize(("headers", "status"), FOREIGN.values(), ids=FOREIGN)
def test_the_gateway_refuses_a_foreign_page(system: System, headers: bytes, status: int) -> None:
    with Connection(system) as connection:  # type: ignore[arg-type] # it has a port, too
        connection.send(b"GET /status/missing HTTP/1.1\r\n%b\r\n" % headers)
        answer = connection.answer()
        assert (answer.status, json.loads(str(answer.body)).keys()) == (status, {"error", "code"})
