"""A web server on the loopback address that serves documents and misbehaves on request."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from tests import loopback

_PIECE = b"%PDF-1.7\n" + b"x" * 65_527


@dataclass
class Site:
    """The files that the server serves, and the requests that it got. `_Handler` lists the special paths."""

    host: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    stalled_paths: set[str] = field(default_factory=set)  # the first bytes are sent, and no others
    end_of_stall: threading.Event = field(default_factory=threading.Event)
    requested_paths: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)  # of the last request

    @property
    def url(self) -> str:
        """The URL of the server."""
        return f"http://{self.host}"

    def serve(self, name: str, content: bytes) -> str:
        """Serve a file, and return its URL."""
        self.files[f"/{name}"] = content
        return f"{self.url}/{name}"

    def redirect(self, name: str, target: str) -> str:
        """Serve a redirect, and return its URL."""
        self.redirects[f"/{name}"] = target
        return f"{self.url}/{name}"


@contextmanager
def serve_site() -> Iterator[Site]:
    """Serve until the block ends."""
    served = Site()

    class Handler(_Handler):
        site = served

    with loopback.serve_http(Handler) as served.host:
        try:
            yield served
        finally:
            served.end_of_stall.set()


class _Handler(BaseHTTPRequestHandler):
    site: Site
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Serve /status/NNN, /endless, /huge, /short, /packed, a file or a redirect."""
        self.site.requested_paths.append(self.path)
        self.site.headers = dict(self.headers)
        self.close_connection = True
        special = {
            "/endless": self.send_endless,
            "/huge": self.send_huge,
            "/short": self.send_short,
            "/packed": self.send_compressed,
        }
        if self.path in self.site.stalled_paths:
            self.send_first_bytes()
        elif self.path in special:
            special[self.path]()
        elif self.path.startswith("/status/"):
            self.answer(int(self.path.removeprefix("/status/")))
        elif self.path in self.site.redirects:
            self.answer(302, Location=self.site.redirects[self.path])
        elif self.path in self.site.files:
            self.answer(200, self.site.files[self.path])
        else:
            self.answer(404)

    def answer(self, status: int, content: bytes = b"", **headers: str) -> None:
        """Send an answer."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def send_endless(self) -> None:
        """Send until the client hangs up, without a Content-Length."""
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(_PIECE)
        except OSError:
            self.site.requested_paths.append("gone")

    def send_huge(self) -> None:
        """Announce 10 GB, and send 64 KiB."""
        self.answer(200, _PIECE, Content_Length=str(10 * 2**30))

    def send_first_bytes(self) -> None:
        """Send 64 KiB, without a Content-Length; the rest never comes."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(_PIECE)
        self.site.end_of_stall.wait()

    def send_short(self) -> None:
        """Close the connection before the end of the file."""
        self.answer(200, _PIECE, Content_Length=str(len(_PIECE) + 1_000))

    def send_compressed(self) -> None:
        """Send a compressed answer although the client did not accept one."""
        self.answer(200, _PIECE, Content_Encoding="gzip")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the name of the base class
        """Log nothing."""
