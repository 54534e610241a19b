"""The worker's connections: a stream that never goes deaf, requests that never hang, and an end when it is refused."""

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
from tests.durable.worker_lab import EMBEDDED, StartedWorker, WorkerLab
from tests.loopback import serve_in_thread
from tests.waiting import wait_until

TOTAL = "1"  # seconds; the SDK leaves aiohttp's 300 in place


def connections(worker: StartedWorker, lab: WorkerLab) -> int:
    """How many the worker has to the server."""
    found = psutil.Process(worker.pid).net_connections("tcp")
    return sum(one.status == psutil.CONN_ESTABLISHED and one.raddr[1] == lab.server.port for one in found)


@EMBEDDED
def test_a_stream_is_not_a_request_that_has_to_end(lab: WorkerLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK's stream ends with the time that a request may take, without a word. A job then waits for us."""
    monkeypatch.setenv("TOTAL", TOTAL)
    plain = lab.launch("sdk_worker")
    wait_until(lambda: connections(plain, lab) > 0, lambda: plain.log_tail)
    wait_until(lambda: connections(plain, lab) == 0, lambda: plain.log_tail)
    lab.create("a", "pages", "a", 1)
    worker = lab.start()
    assert lab.evidence.wait_for("a", "turned-0").pid == worker.pid
    assert plain.process.poll() is None
    time.sleep(float(TOTAL) * 1.5)  # longer than a request may take
    lab.create("b", "pages", "b", 1)
    assert lab.evidence.wait_for("b", "turned-0").pid == worker.pid
    assert worker.gauges["streams opened"] == 1


@pytest.mark.parametrize("server", [Options(retry_timeout=20_000)], ids=["patient"], indirect=True)
def test_a_stream_that_is_replaced_misses_nothing(lab: WorkerLab) -> None:
    """Jobs come one after the other meanwhile; the server itself may lose one in the moment in which it lets go."""
    worker = lab.start(stream_max_age=0.1)
    late = number = 0
    while worker.gauges["streams opened"] < 30:
        began = time.monotonic()
        lab.result(lab.create(f"{number}", "pages", f"{number}", 0))
        late += time.monotonic() - began > 10  # seconds: it was sent again
        number += 1
    assert late <= 3
    assert worker.gauges["streams"] <= 3


def test_what_was_sent_before_the_server_knew_that_we_leave_is_heard() -> None:
    """The connection is closed on our side only, and read to its end."""

    async def say_goodbye(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: first\n\n")
        await reader.read()
        writer.write(b"data: last\n\n")
        writer.close()

    async def play() -> list[str]:
        heard = list[str]()
        async with await asyncio.start_server(say_goodbye, HOST, 0) as server:
            url = f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
            stream = EventStream(Settings(url=url, group="workers"), Clock(), heard.append)
            has_begun = asyncio.Event()
            stream.recv(heard.append)
            stream.recv(lambda _: has_begun.set())
            await stream.start()
            await has_begun.wait()
            await stream.stop()
        return heard

    assert asyncio.run(play()) == ["first", "last"]


@EMBEDDED
def test_a_black_hole_costs_a_request_its_time_and_no_more(lab: WorkerLab) -> None:
    """Attempts go on, each of them bounded; SIGTERM ends the worker all the same."""
    with socket.create_server((HOST, 0)) as hole:
        worker = lab.launch("worker", url=f"http://{HOST}:{hole.getsockname()[1]}", request_timeout=0.2)
        wait_until(lambda: worker.log.read_text().count("the stream") > 2, lambda: worker.log_tail)
        worker.process.terminate()
        assert worker.wait_for_exit() == 0


class Refusing(BaseHTTPRequestHandler):
    """Refuses everybody."""

    def do_GET(self) -> None:
        """Answer the stream."""
        self.send_error(401)

    def do_POST(self) -> None:
        """Answer a request."""
        self.send_error(401)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


class Expiring(Refusing):
    """Announces a task on a stream that stays, and refuses requests, as a server does when a token has expired."""

    def do_GET(self) -> None:
        """Answer the stream, until whoever reads it is gone."""
        message = {"kind": "execute", "head": {}, "data": {"task": {"id": "a", "version": 0}}}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"data: {json.dumps(message)}\n\n".encode())
        self.rfile.read()


@EMBEDDED
@pytest.mark.parametrize(("server_is", "what"), [(Refusing, "the stream"), (Expiring, "a request")])
def test_a_worker_that_is_refused_ends(lab: WorkerLab, server_is: type[Refusing], what: str) -> None:
    """Only a new process, with a new token, can help."""
    with ThreadingHTTPServer((HOST, 0), server_is) as refusing:
        refusing.daemon_threads = True  # one that still answers a worker must not hold a test that failed
        with serve_in_thread(refusing):
            worker = lab.launch("worker", url=f"http://{HOST}:{refusing.server_port}")
            assert worker.wait_for_exit() == 1
    assert f"the server refused {what}: 401" in worker.log.read_text()


@EMBEDDED
def test_a_worker_without_a_stream_ends_after_a_while(lab: WorkerLab) -> None:
    worker = lab.start(max_silence=0.5)
    lab.server.kill()
    assert worker.wait_for_exit() == 1
    assert "no stream for 0.5 s" in worker.log.read_text()
