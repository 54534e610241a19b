"""HTTP becomes API Gateway's events and back, for the real handler in processes of its own."""

import asyncio
import gzip
import json
import socket
from contextlib import closing, nullcontext, suppress
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from socketserver import BaseRequestHandler, TCPServer
from typing import Any

import psutil
import pytest
from aws_lambda_powertools.utilities.parser.models import APIGatewayProxyEventV2Model
from multidict import CIMultiDict
from yarl import URL

from local.functions import RemoteFunction
from local.gateway import MAX_BODY, handle, to_event
from local.server_process import HOST, free_port, has_status
from local.system import System
from tests.loopback import serve_in_thread
from tests.waiting import TIMEOUT_SECONDS
from tests.warm_system import start_gateway


class Request:
    """The parts of a request that an event needs."""

    method = "POST"
    host = "localhost:8080"
    remote = "127.0.0.1"

    def __init__(self, body: bytes) -> None:
        self._body = body
        self.rel_url = URL("/status/a%20b?x=1&y=%2F", encoded=True)
        self.headers = CIMultiDict([("X-One", "1"), ("x-one", "2"), ("User-Agent", "test")])

    async def read(self) -> bytes:
        """Return the body."""
        return self._body


NO_HEADERS: dict[str, str] = {}


def send(
    system: System, method: str, path: str, body: bytes = b"", headers: dict[str, str] = NO_HEADERS
) -> tuple[int, dict[str, str], Any]:
    connection = HTTPConnection(HOST, system.port, timeout=30)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, dict(response.headers), json.loads(response.read())
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("body", "text", "is_base64"), [(b"", None, False), ("é{}".encode(), "é{}", False), (b"\xff", "/w==", True)]
)
def test_an_event_fits_the_model_of_its_reader(body: bytes, text: str | None, is_base64: object) -> None:
    event = asyncio.run(to_event(Request(body)))  # type: ignore[arg-type]
    model = APIGatewayProxyEventV2Model.model_validate(event | {"body": None})
    assert model.requestContext.http.method == "POST"
    assert (event["rawPath"], event["rawQueryString"]) == ("/status/a b", "x=1&y=%2F")
    assert event["headers"]["x-one"] == "1,2"
    assert event["queryStringParameters"] == {"x": "1", "y": "/"}
    assert (event["body"], event["isBase64Encoded"]) == (text, is_base64)


def test_the_real_handler_answers(system: System) -> None:
    status, headers, body = send(system, "GET", "/status/missing")
    assert (status, body) == (404, {"status": "not_found", "jobId": "missing"})
    assert headers["Content-Type"] == "application/json"


def test_a_request_that_prefers_to_wait_is_held_until_the_job_has_ended(system: System) -> None:
    job = {"jobId": "held", "documentUrl": f"http://{HOST}:9/a.pdf", "requesterId": "me"}  # not an allowed host
    assert send(system, "POST", "/jobs", json.dumps(job).encode())[0] == 202
    status, headers, body = send(system, "GET", "/status/held", headers={"Prefer": "wait=15"})
    assert (status, headers["Preference-Applied"], body["status"]) == (200, "wait=15", "failed")


def test_bytes_that_are_not_text_reach_the_handler_unchanged(system: System) -> None:
    status, _, body = send(system, "POST", "/process-document", b"\xff")
    assert (status, body["error"]) == (400, "the body is not UTF-8")


def test_a_body_that_api_gateway_would_refuse_is_413(system: System) -> None:
    assert send(system, "POST", "/process-document", b"x" * (MAX_BODY + 1))[0] == 413


ZIPPED_BODY = gzip.compress(b'{"jobId": "a"}')


def test_a_compressed_body_reaches_the_handler_unchanged(system: System) -> None:
    """API Gateway does not unpack bodies, so a body that is 400 there must not be 202 here."""
    status, _, body = send(system, "POST", "/process-document", ZIPPED_BODY, {"Content-Encoding": "gzip"})
    assert (status, body["error"]) == (400, "the body is not UTF-8")


def test_a_query_reaches_the_handler(system: System) -> None:
    status, _, body = send(system, "POST", "/process-document?dryRun=perhaps", b"{}")
    assert (status, body["error"]) == (400, 'dryRun must be true or false, not "perhaps"')


BROKEN_REQUESTS = [
    b"POST /process-document HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nno more",
    b"POST /process-document HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n",
    b"POST /process-document HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcdXX\r\n",
    b"POST /process-document HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
    b"GET /status/" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /status/a\0b HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /status/a HTTP/1.1\r\nHost: a\r\nX y\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET /status/%00 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /status/a%2Fb HTTP/1.1\r\nHost: a\r\n\r\n",
]


def test_an_invalid_request_leaves_no_traceback_in_the_log(system: System) -> None:
    """At most one line is logged, and the next client is answered."""
    for words in BROKEN_REQUESTS:
        with socket.create_connection((HOST, system.port), timeout=30) as line:
            line.sendall(words)
            line.shutdown(socket.SHUT_WR)
            answer = line.recv(65_536)
        assert answer == b"" or answer[9:12] in (b"400", b"404"), words
    assert send(system, "GET", "/status/missing")[0] == 404
    log = system.gateway.log.read_text()
    assert "Error handling request" in log
    assert "Traceback" not in log


def test_a_request_after_a_container_died_is_answered(system: System) -> None:
    """A new container starts, as in Lambda."""
    assert send(system, "GET", "/status/missing")[0] == 404
    killed = 0
    for child in psutil.Process(system.gateway.process.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if "local.container" in child.cmdline():
                child.kill()
                killed += 1
    assert killed
    statuses = [send(system, "GET", "/status/missing")[0] for _ in range(3)]
    assert statuses[-1] == 404
    assert set(statuses) <= {404, 500}


def test_a_killed_gateway_leaves_no_container(system: System, tmp_path: Path) -> None:
    port = free_port()
    with start_gateway(system, tmp_path, port) as gateway:
        assert has_status(port, "/status/missing", HTTPStatus.NOT_FOUND, timeout=TIMEOUT_SECONDS)
        containers = psutil.Process(gateway.process.pid).children(recursive=True)
        gateway.kill()
        assert containers
        assert psutil.wait_procs(containers, timeout=60)[1] == []


class HangUpHandler(BaseRequestHandler):
    """A function that ends during a call."""

    def handle(self) -> None:
        self.request.recv(1)


@pytest.mark.parametrize("is_there", [False, True])
def test_a_missing_function_is_a_500(caplog: pytest.LogCaptureFixture, *, is_there: bool) -> None:
    """API Gateway answers so if Lambda refuses a call."""
    server = TCPServer((HOST, 0), HangUpHandler)
    url = f"http://{HOST}:{server.server_address[1]}/"
    if not is_there:
        server.server_close()
    with serve_in_thread(server) if is_there else nullcontext():
        answer = asyncio.run(handle(Request(b""), RemoteFunction(url)))  # type: ignore[arg-type]
    assert answer.status == 500
    assert f"the function failed: {url} did not answer: " in caplog.text


@pytest.mark.parametrize(("path", "words"), [("", "page.js"), ("/page.js", "use strict"), ("/page.css", ":root")])
def test_a_page_to_try_the_api_loads_nothing_from_elsewhere(system: System, path: str, words: str) -> None:
    connection = HTTPConnection(HOST, system.port, timeout=TIMEOUT_SECONDS)
    with closing(connection):
        connection.request("GET", f"/docs{path}")
        response = connection.getresponse()
        text = response.read().decode()
    assert (response.status, words in text) == (200, True)
    assert "http://" not in text
    assert "https://" not in text
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; ")
    assert send(system, "GET", "/docs/../gateway.py")[0] == 404
    assert send(system, "POST", f"/docs{path}")[0] == 404


def read_stream(system: System, path: str, headers: dict[str, str]) -> tuple[int, str]:
    """Read a stream to its end."""
    connection = HTTPConnection(HOST, system.port, timeout=TIMEOUT_SECONDS)
    with closing(connection):
        connection.request("GET", path, headers={"Accept": "text/event-stream", **headers})
        response = connection.getresponse()
        assert response.status != HTTPStatus.OK or response.headers["Content-Type"] == "text/event-stream"
        return response.status, response.read().decode()


def test_events_are_streamed_until_the_job_has_ended(system: System) -> None:
    """With the same events as the pages have; a browser goes on from the last one that it has."""
    job = {"jobId": "streamed", "documentUrl": "http://127.0.0.1:9/none.pdf", "requesterId": "me"}
    assert send(system, "POST", "/process-document", json.dumps(job).encode())[0] == 202
    path = "/jobs/streamed/events"
    status, text = read_stream(system, path, {})
    events = [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")]
    assert (status, events[0]["kind"], events[-1]["kind"]) == (200, "accepted", "ended")
    assert events == send(system, "GET", path)[2]["events"]
    rest = read_stream(system, path, {"Last-Event-ID": events[-2]["id"]})[1]
    assert rest.count("data: ") == 1
    assert read_stream(system, path, {"Last-Event-ID": events[-1]["id"]}) == (204, "")
    assert read_stream(system, "/jobs/none/events", {})[0] == 404
    assert read_stream(system, path, {"Last-Event-ID": "x"})[0] == 400


def test_changes_of_a_job_are_streamed_until_it_has_ended(system: System) -> None:
    """An event has the entity tag of the answer, which names its stream while it may change."""
    job = {"jobId": "watched", "documentUrl": "http://127.0.0.1:9/none.pdf", "requesterId": "me"}
    assert send(system, "POST", "/jobs", json.dumps(job).encode())[0] == 202
    status, text = read_stream(system, "/jobs/watched", {})
    tags = [line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: ")]
    _, headers, ended = send(system, "GET", "/jobs/watched")
    assert (status, ended["state"], tags[-1]) == (200, "failed", headers["ETag"])
    assert "Link" not in headers
    assert 'rel="monitor"' in send(system, "GET", "/jobs?limit=1")[1]["Link"]
    assert read_stream(system, "/jobs/none", {})[0] == 404
    assert read_stream(system, "/jobs?limit=0", {})[0] == 400
