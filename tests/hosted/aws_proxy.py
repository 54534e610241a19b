"""A proxy of moto that counts the requests of jobs, and holds those that a test selects.

It forwards requests unchanged. A job whose request is held stays in the middle of a step.
"""

import http.client
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from local.server_process import HOST
from tests.loopback import serve_in_thread

_MAX_HOLD_SECONDS: Final = 60.0
_HOP_HEADERS: Final = {"connection", "content-length", "date", "server", "transfer-encoding"}


class RequestKind(StrEnum):
    """The requests that are counted and may be held: those of a job's first and fourth step, and of its notice."""

    DOWNLOAD = "download"
    RESULT = "result"
    NOTICE = "notice"


@dataclass
class AwsProxy:
    """Counts and holds requests by job id, which is also the document's name."""

    scans: str  # the bucket that documents come from
    url: str = ""
    counts: Counter[tuple[RequestKind, str]] = field(default_factory=Counter)
    published: list[dict[str, Any]] = field(default_factory=list)  # notices
    _held: set[tuple[RequestKind, str]] = field(default_factory=set)
    _released: threading.Condition = field(default_factory=threading.Condition)

    def hold(self, kind: RequestKind, *jobs: str) -> None:
        """Hold the requests of these jobs."""
        with self._released:
            self._held |= {(kind, job) for job in jobs}

    def release(self, *jobs: str) -> None:
        """Release the requests of these jobs, or all if none is named."""
        with self._released:
            self._held = {held for held in self._held if jobs and held[1] not in jobs}
            self._released.notify_all()

    def notices(self, job: str) -> list[dict[str, Any]]:
        """Return the published notices of a job."""
        return [notice for notice in self.published if notice["jobId"] == job]

    def admit(self, kind: RequestKind, job: str) -> None:
        """Count the request, and return once it is not held."""
        with self._released:
            self.counts[kind, job] += 1
            self._released.wait_for(lambda: (kind, job) not in self._held, _MAX_HOLD_SECONDS)

    def classify(self, method: str, path: str, body: bytes) -> tuple[RequestKind, str, dict[str, Any] | None] | None:
        """Return a counted request's kind, job id and notice, or None for other requests."""
        parts = urlsplit(path)
        if method == "GET" and parts.path.startswith(f"/{self.scans}/"):
            return RequestKind.DOWNLOAD, PurePosixPath(parts.path).stem, None
        if method == "PUT" and parts.path.endswith("/result.json"):
            return RequestKind.RESULT, PurePosixPath(parts.path).parent.name, None
        if method == "POST" and b"Action=Publish" in body:
            notice: dict[str, Any] = json.loads(parse_qs(body.decode())["Message"][0])
            return RequestKind.NOTICE, notice["jobId"], notice
        return None


@contextmanager
def open_proxy(aws: str, scans: str) -> Iterator[AwsProxy]:
    """Run a proxy of the AWS at this url inside the block."""
    aws_proxy = AwsProxy(scans)

    class Handler(_Handler):
        proxy = aws_proxy
        aws_host = urlsplit(aws).netloc

    with _Server((HOST, 0), Handler) as server:
        aws_proxy.url = f"http://{HOST}:{server.server_port}"
        with serve_in_thread(server):
            try:
                yield aws_proxy
            finally:
                aws_proxy.release()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 as its base
        """Ignore it: the client was killed."""


class _Handler(BaseHTTPRequestHandler):
    proxy: AwsProxy
    aws_host: str

    def do_GET(self) -> None:
        """Forward the request once it is not held."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        known = self.proxy.classify(self.command, self.path, body)
        if known:
            self.proxy.admit(*known[:2])
        status, headers, content = self._forward(body)
        if known and known[2] and status == http.HTTPStatus.OK:
            self.proxy.published.append(known[2])
        with suppress(OSError):  # the client was killed meanwhile
            self._respond(status, headers, content)

    do_DELETE = do_HEAD = do_POST = do_PUT = do_GET  # noqa: N815 as http.server calls them

    def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(self.aws_host, timeout=_MAX_HOLD_SECONDS)
        try:
            headers = {
                name: value for name, value in self.headers.items() if name.lower() not in _HOP_HEADERS | {"host"}
            }
            connection.request(self.command, self.path, body, headers)
            with connection.getresponse() as response:
                return response.status, response.getheaders(), response.read()
        finally:
            connection.close()

    def _respond(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        size = dict(headers).get("Content-Length", str(len(content))) if self.command == "HEAD" else str(len(content))
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in _HOP_HEADERS:
                self.send_header(name, value)
        self.send_header("Content-Length", size)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Log nothing."""
