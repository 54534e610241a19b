"""A web server on the loopback address whose connections break, and whose documents change or are to be had later."""

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from select import select

from tests.loopback import serve_in_thread

_RANGE = re.compile(r"bytes=(\d+)-")


@dataclass
class Flaky:
    """One document, and how it is served."""

    content: bytes
    host: str = ""
    scheme: str = "http"
    breaks: list[int] = field(default_factory=list)  # after how many bytes of each answer in turn the connection ends
    drip: float = 0.0  # seconds between two bytes of what follows a break; with none, nothing follows
    head_drips: bool = False  # the head never comes to its end
    refusals: list[tuple[int, dict[str, str]]] = field(default_factory=list)  # statuses that come first, with headers
    offer: dict[str, str] = field(default_factory=lambda: {"Accept-Ranges": "bytes", "ETag": '"one"'})
    changed: tuple[bytes, str] | None = None  # content and tag from the second request on
    shifted: int = 0  # bytes by which a part begins elsewhere than it was asked for
    redirects: int = 0  # before each answer
    redirects_take: float = 0.0  # seconds, each
    asked: list[dict[str, str]] = field(default_factory=list)  # the headers of each request for the document
    connections: int = 0
    gone: int = 0  # clients that did not wait for the last drop

    @property
    def url(self) -> str:
        """Where the document is."""
        return f"{self.scheme}://{self.host}/{'r' * self.redirects}"


@contextmanager
def flaky(site: Flaky, tls: ssl.SSLContext | None = None) -> Iterator[Flaky]:
    """Serve until the block ends."""

    class Handler(_Handler):
        of = site

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign] # a handshake that the client refuses
        site.host = f"127.0.0.1:{server.server_port}"
        if tls:
            site.scheme, site.host = "https", f"localhost:{server.server_port}"
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        with serve_in_thread(server):
            yield site


class _Handler(BaseHTTPRequestHandler):
    of: Flaky
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        """Count who comes, whatever comes of it."""
        self.of.connections += 1
        super().setup()

    def do_GET(self) -> None:
        """Redirect, refuse, or give the document or its rest, as far as the connection holds."""
        self.close_connection = True
        site = self.of
        if len(self.path) > 1:
            if self.is_left(site.redirects_take):
                return
            self.head(302, 0, {"Location": self.path[:-1]})
            return
        site.asked.append(dict(self.headers))
        if site.head_drips:
            self.drip(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000)
            return
        if site.refusals:
            status, headers = site.refusals.pop(0)
            self.head(status, 0, headers)
            return
        if site.changed and len(site.asked) > 1:
            site.content, site.offer["ETag"] = site.changed
        self.document(site)

    def document(self, site: Flaky) -> None:
        """Send what was asked for, and end the connection where it is to end."""
        start = self.start()
        rest = site.content[start + site.shifted :] if start else site.content
        whole = len(site.content)
        part = {"Content-Range": f"bytes {start + site.shifted}-{whole - 1}/{whole}"} if start else {}
        self.head(206 if start else 200, len(rest), {**site.offer, **part})
        end = site.breaks.pop(0) if site.breaks else len(rest)
        self.wfile.write(rest[:end])
        self.drip(rest[end:])

    def drip(self, content: bytes) -> None:
        """Send it byte by byte, until the client has enough of it."""
        for byte in content if self.of.drip else b"":
            if self.is_left(self.of.drip):
                return
            self.wfile.write(bytes([byte]))

    def is_left(self, seconds: float) -> bool:
        """Wait so long, and say whether the client has not."""
        gone = bool(select([self.connection], [], [], seconds)[0])  # a client says nothing more, so this is its end
        self.of.gone += gone
        return gone

    def start(self) -> int:
        """Return where the part begins that is asked for, if it is one of this version."""
        asked = _RANGE.fullmatch(self.headers.get("Range", ""))
        mark = self.of.offer.get("ETag") or self.of.offer.get("Last-Modified")
        return int(asked[1]) if asked and self.headers.get("If-Range") == mark else 0

    def head(self, status: int, length: int, headers: dict[str, str]) -> None:
        """Send the head of an answer."""
        self.send_response_only(status)
        for name, value in {"Date": formatdate(usegmt=True), "Content-Length": str(length), **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 as it is named there
        """Say nothing."""
