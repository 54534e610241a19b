"""An HTTP server on a real socket with the answers of a test; it records the requests."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from tests import loopback


@dataclass(frozen=True)
class Request:
    """A request that the server received."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """A response; it gets a Date header unless it has one."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class FakeServer:
    """The server's address and the requests received so far."""

    url: str
    requests: list[Request] = field(default_factory=list)


type Answer = Callable[[Request], Reply]


@contextmanager
def serve(answer: Answer) -> Iterator[FakeServer]:
    """Serve on a free port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            request = Request(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
            server.requests.append(request)
            reply = answer(request)
            self.send_response_only(reply.status)
            for name, value in ({"Date": self.date_time_string()} | dict(reply.headers)).items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _answer  # noqa: N815 - http.server calls these names

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with loopback.serve_http(Handler) as host:
        server = FakeServer(f"http://{host}")
        yield server
