"""How tasks get to a function: called by the bridge, or pushed by the server itself, which waits for the answer.

The function is the real function worker in threads of this process, behind an HTTP server that refuses calls beyond its
limit, as Lambda does. It answers the server's own push and Lambda's Invoke alike: both bring the same message.
"""

import asyncio
import json
import os
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec

from contract.names import FUNCTIONS_ADDRESS
from durable import Context, step, workflow
from durable.runtime import FunctionWorker, Settings
from durable.wire.client import Client
from durable.wire.function_calls import FunctionCall
from local.parts import Part
from local.server_process import HOST, Options, ServerProcess, ServerProgram, start

from .process_usage import measure_cpu_seconds
from .report import format_table
from .server import list_servers
from .worker_process import run_worker, wait_until

_TASKS: Final = 50
_STEP_SECONDS: Final = 2.0
_SHORT_TASKS: Final = 300
_CALL_SECONDS: Final = 60.0
_DAY_SECONDS: Final = 86_400.0
_PATIENCE_SECONDS: Final = 400.0  # the real server's push takes a hundred
_OTHER_TASKS: Final = 6  # of another group, half a second apart
_TOO_MANY_REQUESTS: Final = 429


@step(timeout=30)
async def work(seconds: float) -> None:
    """Take some time."""
    await asyncio.sleep(seconds)


@workflow(name="short_work", version=1)
async def do_work(ctx: Context, seconds: float) -> None:
    """Do one step."""
    await ctx.run(work, seconds)


class _FunctionServer(ThreadingHTTPServer):
    """A function with a limit of calls at a time."""

    daemon_threads = True
    request_queue_size = 200

    def __init__(self, url: str, limit: int) -> None:
        super().__init__((HOST, 0), _Handler)
        self.worker: Final = FunctionWorker(Settings(url=url, group=FUNCTIONS_ADDRESS), [do_work])
        self.places: Final = threading.Semaphore(limit)
        self.calls = 0
        self.ended_at = 0.0  # the last call

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{HOST}:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _FunctionServer

    def do_POST(self) -> None:
        message = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls += 1
        if not self.server.places.acquire(blocking=False):
            self._send(_TOO_MANY_REQUESTS, b"{}")
            return
        try:
            call = msgspec.json.decode(message, type=FunctionCall)
            answer = self.server.worker.answer(call, _CALL_SECONDS)
            self.server.ended_at = time.monotonic()
        finally:
            self.server.places.release()
        self._send(200, msgspec.json.encode(answer))

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@dataclass
class _Delivery:
    """A server, a function, and the way of tasks to it; `bridge` is None if the server pushes them."""

    server: ServerProcess
    function: _FunctionServer
    client: Client
    bridge: Part | None
    heard: dict[str, float] = field(default_factory=dict)  # when tasks of the other group were announced

    @property
    def target(self) -> str:
        """Where tasks for the function go."""
        return FUNCTIONS_ADDRESS if self.bridge else f"{self.function.url}/"

    def start_tasks(self, name: str, count: int, seconds: float) -> list[str]:
        """Create tasks for the function."""
        jobs = [f"{name}-{number}" for number in range(count)]
        for job in jobs:
            self.client.start(job, "short_work", seconds, target=self.target, timeout=_DAY_SECONDS)
        return jobs

    def wait_for(self, jobs: list[str]) -> None:
        """Return once all have ended."""
        for job in jobs:
            self.client.wait(job, timeout=_PATIENCE_SECONDS)

    def measure_other_group(self) -> list[float]:
        """Create tasks for another group; return how long each waits to be announced, or was waiting at the end."""
        created: dict[str, float] = {}
        for number in range(_OTHER_TASKS):
            time.sleep(0.5)
            job = f"other-{number}"
            created[job] = time.monotonic()
            self.client.start(job, "anything", target="poll://any@other", timeout=_DAY_SECONDS)
        wait_until(lambda: len(self.heard) == _OTHER_TASKS, lambda: "tasks are not announced", _PATIENCE_SECONDS)
        return [self.heard[job] - at for job, at in created.items()]

    def listen_to_other_group(self) -> None:
        """Note what the server announces to another group."""
        with urllib.request.urlopen(f"{self.server.url}/poll/other/listener") as stream:  # noqa: S310 our own server
            for line in stream:
                if line.startswith(b"data:"):
                    self.heard.setdefault(json.loads(line[5:])["data"]["task"]["id"], time.monotonic())


@contextmanager
def _open_delivery(program: ServerProgram, limit: int, *, has_bridge: bool) -> Iterator[_Delivery]:
    with TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        server = stack.enter_context(start(program, folder / "server", options=Options(retry_timeout=5_000)))
        function = stack.enter_context(_FunctionServer(server.url, limit))
        threading.Thread(target=function.serve_forever, daemon=True).start()
        stack.callback(function.shutdown)
        bridge = None
        if has_bridge:
            words = ["bench.function_bridge", server.url, function.url, str(limit)]
            bridge = stack.enter_context(run_worker(Part("bridge", words, folder, dict(os.environ))))
        delivery = _Delivery(server, function, stack.enter_context(Client(server.url)), bridge)
        threading.Thread(target=delivery.listen_to_other_group, daemon=True).start()
        yield delivery


def measure_delivery() -> str:
    """Return how long 50 tasks of two seconds take, and how long another group's tasks wait meanwhile."""
    rows = []
    for program in list_servers():
        for way, limit in (("the server's push", 50), ("the bridge", 50), ("the bridge", 10)):
            with _open_delivery(program, limit, has_bridge=way == "the bridge") as delivery:
                started = time.monotonic()
                jobs = delivery.start_tasks("slow", _TASKS, _STEP_SECONDS)
                waits = delivery.measure_other_group()
                delivery.wait_for(jobs)
                seconds = delivery.function.ended_at - started
                cells = [f"{seconds:.1f}", f"{max(waits):.2f}", str(delivery.function.calls)]
            rows.append([program.name, way, str(limit), *cells])
    head = ["server", "way", "calls at a time", "50 tasks of 2 s took s", "another group's task waited at most s"]
    return format_table([*head, "calls"], rows)


def measure_cpu() -> str:
    """Return what a call costs the bridge, and what it and its function cost the server."""
    rows = []
    for program in list_servers():
        with _open_delivery(program, 16, has_bridge=True) as delivery:
            assert delivery.bridge
            delivery.wait_for(delivery.start_tasks("warm", 20, 0.0))
            pids = (delivery.bridge.process.pid, delivery.server.process.pid)
            before = [measure_cpu_seconds(pid) for pid in pids]
            delivery.wait_for(delivery.start_tasks("short", _SHORT_TASKS, 0.0))
            spent = [measure_cpu_seconds(pid) - at for pid, at in zip(pids, before, strict=True)]
        rows.append([program.name, *[f"{1_000 * seconds / _SHORT_TASKS:.2f}" for seconds in spent]])
    return format_table(["server", "bridge CPU ms a call", "server CPU ms a task of one step"], rows)
