"""A target of pushed messages: a function behind HTTP."""

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import NamedTuple, Self

from local.server_process import HOST

from .target import TIMEOUT, Json


class Post(NamedTuple):
    """A message as the function gets it."""

    path: str
    content_type: str | None
    body: Json


class Function:
    """Stores each message, and answers with the given statuses in order, then with 200."""

    def __init__(self, *statuses: int, port: int = 0) -> None:
        """Listen on a free port, or on this one."""
        self._got: queue.Queue[Post] = queue.Queue()
        self._statuses = list(statuses)
        self._may_answer = threading.Event()
        self._may_answer.set()
        self._http = ThreadingHTTPServer((HOST, port), self._handler())
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._may_answer.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def address(self, path: str = "/") -> str:
        """Write where to send messages."""
        return f"http://{HOST}:{self._http.server_port}{path}"

    def hang(self) -> None:
        """Answer nothing any more until the end."""
        self._may_answer.clear()

    def next(self) -> Post:
        """Wait for the next message."""
        return self._got.get(timeout=TIMEOUT)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        function = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                function._got.put(Post(self.path, self.headers["content-type"], json.loads(body)))
                function._may_answer.wait()
                self.send_response(function._statuses.pop(0) if function._statuses else 200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        return Handler
