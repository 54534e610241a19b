"""Lambda's Invoke on a loopback port, answered as a test says: by a function in a thread or process, or by a fault."""

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, Final
from urllib.parse import unquote

from msgspec import convert, to_builtins

from durable.runtime import FunctionWorker
from durable.wire.function_calls import FunctionCall
from local.server_process import ROOT
from tests import warm_start
from tests.loopback import serve_http

ARN: Final = "arn:aws:lambda:eu-central-1:123456789012:function:functions"
SECONDS: Final = 300.0  # of a call


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What Invoke answers; without one the connection is closed."""

    status: HTTPStatus = HTTPStatus.OK
    headers: Mapping[str, str] = field(default_factory=dict)
    body: object = None


type Invoke = Callable[[Mapping[str, Any]], Reply | None]  # of the event


def throttle(_: Mapping[str, Any]) -> Reply:
    """Answer as Lambda does when too many functions run."""
    return Reply(status=HTTPStatus.TOO_MANY_REQUESTS, body={"Type": "User", "message": "Rate Exceeded."})


def find_none(_: Mapping[str, Any]) -> Reply:
    """Answer as Lambda does when there is no such function."""
    return Reply(status=HTTPStatus.NOT_FOUND, body={"Type": "User", "Message": "Function not found"})


def fail(_: Mapping[str, Any]) -> Reply:
    """Answer as Lambda does when the function raises at its start."""
    error = {"errorType": "Runtime.ImportModuleError", "errorMessage": "No module named 'orders'"}
    body = {**error, "requestId": "1", "stackTrace": ['  File "/var/runtime/bootstrap.py", line 60']}
    return Reply(headers={"X-Amz-Function-Error": "Unhandled"}, body=body)


def run_in_thread(worker: FunctionWorker) -> Invoke:
    """Return a function that runs in the thread of its call."""

    def invoke(event: Mapping[str, Any]) -> Reply:
        return Reply(body=to_builtins(worker.answer(convert(event, FunctionCall), SECONDS)))

    return invoke


def run_in_process(url: str) -> Invoke:
    """Return a function with a process of its own for each call."""

    def invoke(event: Mapping[str, Any]) -> Reply:
        command = [sys.executable, "-m", "tests.functions.container", url, json.dumps(event)]
        with warm_start.start(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            out, _ = process.communicate()
        if process.returncode:
            error = {"errorType": "Runtime.ExitError", "errorMessage": f"exit status {process.returncode}"}
            return Reply(headers={"X-Amz-Function-Error": "Unhandled"}, body=error)
        return Reply(body=json.loads(out.splitlines()[-1]))

    return invoke


class FakeLambda:
    """The calls that it got; `invoke` answers them, and a test may replace it."""

    def __init__(self, invoke: Invoke) -> None:
        self.invoke = invoke
        self.url = ""
        self.events: Final[list[Mapping[str, Any]]] = []
        self.headers: Final[list[Mapping[str, str]]] = []
        self.paths: Final[list[str]] = []  # as they were sent

    @contextmanager
    def serve(self) -> Iterator[None]:
        """Answer calls inside the block."""
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                fake.events.append(event)
                fake.headers.append(dict(self.headers))
                fake.paths.append(self.path)
                reply = fake.answer(self.path, event)
                with suppress(OSError):  # the bridge may be gone
                    if reply is None:
                        self.close_connection = True
                        self.connection.shutdown(socket.SHUT_RDWR)
                        return
                    body = json.dumps(reply.body).encode()
                    self.send_response(reply.status)
                    for name, value in {**reply.headers, "Content-Length": str(len(body))}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        with serve_http(Handler) as address:
            self.url = f"http://{address}"
            yield

    def answer(self, path: str, event: Mapping[str, Any]) -> Reply | None:
        """Answer a call. An error here reaches the caller by name: a closed connection would say nothing."""
        if unquote(path) != f"/2015-03-31/functions/{ARN}/invocations":
            return Reply(status=HTTPStatus.BAD_REQUEST, body={"message": f"the path of Invoke is not {path}"})
        try:
            return self.invoke(event)
        except Exception as exc:  # noqa: BLE001 as Lambda does
            error = {"errorType": type(exc).__name__, "errorMessage": str(exc)}
            return Reply(headers={"X-Amz-Function-Error": "Unhandled"}, body=error)

    def count(self, job: str) -> int:
        """Return how many calls were for a task."""
        return sum(event["data"]["task"]["id"] == job for event in self.events)
