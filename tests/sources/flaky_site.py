"""A web server on the loopback address that breaks connections, changes its document, or refuses requests at first."""

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
class FlakySite:
    """One document, and how the server sends it."""

    content: bytes
    host: str = ""
    scheme: str = "http"
    break_after: list[int] = field(default_factory=list)  # bytes after which each response in turn ends
    drip_seconds: float = 0.0  # between two bytes after a break; at 0 the rest is not sent
    drips_headers: bool = False  # the headers never end
    refusals: list[tuple[int, dict[str, str]]] = field(default_factory=list)  # the first responses: status, headers
    version_headers: dict[str, str] = field(default_factory=lambda: {"Accept-Ranges": "bytes", "ETag": '"one"'})
    replacement: tuple[bytes, str] | None = None  # content and ETag from the second request on
    range_offset: int = 0  # bytes between the requested and the sent start of a range
    redirects: int = 0  # before each response
    redirect_seconds: float = 0.0  # before each redirect
    requests: list[dict[str, str]] = field(default_factory=list)  # the headers of each request for the document
    connections: int = 0
    dropped_connections: int = 0  # connections that the client closed early

    @property
    def url(self) -> str:
        """The address of the document."""
        return f"{self.scheme}://{self.host}/{'r' * self.redirects}"


@contextmanager
def serve_flaky_site(site: FlakySite, tls: ssl.SSLContext | None = None) -> Iterator[FlakySite]:
    """Serve the site until the block ends."""

    class Handler(_Handler):
        flaky_site = site

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign] # a client may refuse the handshake
        site.host = f"127.0.0.1:{server.server_port}"
        if tls:
            site.scheme, site.host = "https", f"localhost:{server.server_port}"
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        with serve_in_thread(server):
            yield site


class _Handler(BaseHTTPRequestHandler):
    flaky_site: FlakySite
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        """Count the connection, even if no request follows."""
        self.flaky_site.connections += 1
        super().setup()

    def do_GET(self) -> None:
        """Redirect, refuse, or send the document or the requested range."""
        self.close_connection = True
        site = self.flaky_site
        if len(self.path) > 1:
            if self.client_left(site.redirect_seconds):
                return
            self.send_head(302, 0, {"Location": self.path[:-1]})
            return
        site.requests.append(dict(self.headers))
        if site.drips_headers:
            self.send_slowly(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000)
            return
        if site.refusals:
            status, headers = site.refusals.pop(0)
            self.send_head(status, 0, headers)
            return
        if site.replacement and len(site.requests) > 1:
            site.content, site.version_headers["ETag"] = site.replacement
        self.send_document(site)

    def send_document(self, site: FlakySite) -> None:
        """Send the requested bytes, up to the next break."""
        start = self.parse_range_start()
        rest = site.content[start + site.range_offset :] if start else site.content
        whole = len(site.content)
        range_header = {"Content-Range": f"bytes {start + site.range_offset}-{whole - 1}/{whole}"} if start else {}
        self.send_head(206 if start else 200, len(rest), {**range_header, **site.version_headers})
        end = site.break_after.pop(0) if site.break_after else len(rest)
        self.wfile.write(rest[:end])
        self.send_slowly(rest[end:])

    def send_slowly(self, content: bytes) -> None:
        """Send the content byte by byte, until the client closes the connection."""
        for byte in content if self.flaky_site.drip_seconds else b"":
            if self.client_left(self.flaky_site.drip_seconds):
                return
            self.wfile.write(bytes([byte]))

    def client_left(self, seconds: float) -> bool:
        """Wait for these seconds; return whether the client closed the connection meanwhile."""
        gone = bool(select([self.connection], [], [], seconds)[0])  # the client sends nothing more, so this is a close
        self.flaky_site.dropped_connections += gone
        return gone

    def parse_range_start(self) -> int:
        """Return the start of the requested range; 0 without a range of this version."""
        wanted = _RANGE.fullmatch(self.headers.get("Range", ""))
        version = self.flaky_site.version_headers.get("ETag") or self.flaky_site.version_headers.get("Last-Modified")
        return int(wanted[1]) if wanted and self.headers.get("If-Range") == version else 0

    def send_head(self, status: int, length: int, headers: dict[str, str]) -> None:
        """Send the status line and the headers of a response."""
        self.send_response_only(status)
        for name, value in {"Date": formatdate(usegmt=True), "Content-Length": str(length), **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the parameter's name in the library
        """Log nothing."""
