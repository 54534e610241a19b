"""A web server that answers as a test says, over real sockets; it keeps what it was asked."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from tests import loopback


@dataclass(frozen=True)
class Request:
    """What was asked."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What is answered; a Date of its own is there when the headers have none."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Web:
    """The server: where it is, and what it was asked so far."""

    url: str
    asked: list[Request] = field(default_factory=list)


type Answer = Callable[[Request], Reply]


@contextmanager
def serving(answer: Answer) -> Iterator[Web]:
    """Serve on a free port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            request = Request(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
            web.asked.append(request)
            reply = answer(request)
            self.send_response_only(reply.status)
            for name, value in ({"Date": self.date_time_string()} | dict(reply.headers)).items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _any  # noqa: N815 - the names that it looks for

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with loopback.serving(Handler) as host:
        web = Web(f"http://{host}")
        yield web
