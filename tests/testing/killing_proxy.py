"""A proxy between a worker process and its server that kills the worker at one of its requests."""

import http.client
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from threading import Lock
from urllib.parse import urlsplit

from durable.testing.request_log import Fault, Point, describe
from tests.loopback import serve_http


@contextmanager
def serve_killing_proxy(url: str, fault: Fault, kill: Callable[[], None]) -> Iterator[str]:
    """Pass requests on to the server at `url`, and call `kill` before or after the request of the fault."""
    address = urlsplit(url).netloc
    counts, lock = Counter[tuple[str, str]](), Lock()

    def find_cut(body: str) -> str | None:
        with lock:
            key = describe(body)
            counts[key] += 1
            return fault.cut if Point(*key, counts[key]) == fault.point else None

    class Proxy(BaseHTTPRequestHandler):
        """Passes on requests and streams."""

        def do_POST(self) -> None:
            """Pass a request on, unless the worker dies before it."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            cut = find_cut(body.decode())
            if cut == "before":
                kill()
                return
            with closing(http.client.HTTPConnection(address)) as upstream:
                upstream.request("POST", self.path, body, {"Content-Type": "application/json"})
                answer = upstream.getresponse()
                content = answer.read()
            if cut:
                kill()
                return
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            """Pass a stream on until either side closes it."""
            with closing(http.client.HTTPConnection(address)) as upstream, suppress(OSError):
                upstream.request("GET", self.path)
                answer = upstream.getresponse()
                self.send_response(answer.status)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                while chunk := answer.read1():
                    self.wfile.write(chunk)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with serve_http(Proxy) as proxy:
        yield f"http://{proxy}"
