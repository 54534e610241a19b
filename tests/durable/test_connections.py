"""A worker's connections: a stream that stays open, requests that time out, and an exit when its token is refused."""

import asyncio
import json
import socket
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psutil
import pytest

from durable import Clock
from durable.runtime import Settings
from durable.runtime.stream import EventStream
from local.server_process import HOST, Options
from tests.durable.worker_lab import EMBEDDED_SERVER, StartedWorker, WorkerLab
from tests.loopback import serve_in_thread
from tests.waiting import wait_until

TOTAL = "1"  # seconds; the SDK keeps aiohttp's default of 300


def count_connections(worker: StartedWorker, lab: WorkerLab) -> int:
    """Return how many connections the worker has to the server."""
    found = psutil.Process(worker.pid).net_connections("tcp")
    return sum(one.status == psutil.CONN_ESTABLISHED and one.raddr[1] == lab.server.port for one in found)


@EMBEDDED_SERVER
def test_a_stream_outlives_the_timeout_of_a_request(lab: WorkerLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK's stream ends silently with the timeout of a request; its job then waits for our worker."""
    monkeypatch.setenv("TOTAL", TOTAL)
    plain = lab.launch("sdk_worker")
    wait_until(lambda: count_connections(plain, lab) > 0, lambda: plain.log_tail)
    wait_until(lambda: count_connections(plain, lab) == 0, lambda: plain.log_tail)
    lab.create("a", "pages", "a", 1)
    worker = lab.start()
    assert lab.evidence.wait_for("a", "turned-0").pid == worker.pid
    assert plain.process.poll() is None
    time.sleep(float(TOTAL) * 1.5)  # longer than the timeout
    lab.create("b", "pages", "b", 1)
    assert lab.evidence.wait_for("b", "turned-0").pid == worker.pid
    assert worker.gauges["streams opened"] == 1


@pytest.mark.parametrize("server", [Options(retry_timeout=20_000)], ids=["patient"], indirect=True)
def test_replacing_the_stream_loses_no_message(lab: WorkerLab) -> None:
    """Jobs run one after the other meanwhile. The server itself may lose a message at the moment of the change."""
    worker = lab.start(stream_max_age=0.1)
    late = number = 0
    while worker.gauges["streams opened"] < 30:
        start = time.monotonic()
        lab.result(lab.create(f"{number}", "pages", f"{number}", 0))
        late += time.monotonic() - start > 10  # seconds: the server had to repeat it
        number += 1
    assert late <= 3
    assert worker.gauges["streams"] <= 3


def test_messages_sent_while_the_stream_closes_are_delivered() -> None:
    """The worker closes its sending side only, and reads to the end."""

    async def send_after_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: first\n\n")
        await reader.read()
        writer.write(b"data: last\n\n")
        writer.close()

    async def scenario() -> list[str]:
        messages = list[str]()
        async with await asyncio.start_server(send_after_close, HOST, 0) as server:
            url = f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
            stream = EventStream(Settings(url=url, group="workers"), Clock(), messages.append)
            has_started = asyncio.Event()
            stream.recv(messages.append)
            stream.recv(lambda _: has_started.set())
            await stream.start()
            await has_started.wait()
            await stream.stop()
        return messages

    assert asyncio.run(scenario()) == ["first", "last"]


@EMBEDDED_SERVER
def test_a_server_that_never_answers_blocks_no_exit(lab: WorkerLab) -> None:
    """Each attempt times out, and SIGTERM ends the worker."""
    with socket.create_server((HOST, 0)) as hole:
        worker = lab.launch("worker", url=f"http://{HOST}:{hole.getsockname()[1]}", request_timeout=0.2)
        wait_until(lambda: worker.log.read_text().count("the stream") > 2, lambda: worker.log_tail)
        worker.process.terminate()
        assert worker.wait_for_exit() == 0


class RefusingServer(BaseHTTPRequestHandler):
    """Refuses every token."""

    def do_GET(self) -> None:
        """Answer the stream."""
        self.send_error(401)

    def do_POST(self) -> None:
        """Answer a request."""
        self.send_error(401)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


class ExpiringServer(RefusingServer):
    """Keeps the stream and refuses requests, as a server does when a token has expired."""

    def do_GET(self) -> None:
        """Keep the stream open until the client closes it."""
        message = {"kind": "execute", "head": {}, "data": {"task": {"id": "a", "version": 0}}}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"data: {json.dumps(message)}\n\n".encode())
        self.rfile.read()


@EMBEDDED_SERVER
@pytest.mark.parametrize(("server_is", "what"), [(RefusingServer, "the stream"), (ExpiringServer, "a request")])
def test_a_worker_whose_token_is_refused_exits(lab: WorkerLab, server_is: type[RefusingServer], what: str) -> None:
    """Only a new process with a new token can help."""
    with ThreadingHTTPServer((HOST, 0), server_is) as refusing:
        refusing.daemon_threads = True  # an open stream must not block a test that has failed
        with serve_in_thread(refusing):
            worker = lab.launch("worker", url=f"http://{HOST}:{refusing.server_port}")
            assert worker.wait_for_exit() == 1
    assert f"the server refused {what}: 401" in worker.log.read_text()


@EMBEDDED_SERVER
def test_a_worker_without_a_stream_exits_after_max_silence(lab: WorkerLab) -> None:
    worker = lab.start(max_silence=0.5)
    lab.server.kill()
    assert worker.wait_for_exit() == 1
    assert "no stream for 0.5 s" in worker.log.read_text()
