"""A turnstile before AWS, as moto plays it: it counts what jobs do out there, and holds them where a test wants them.

It changes nothing of what passes. Whoever is held is a job in the middle of a step.
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

_LONGEST: Final = 60.0  # seconds that anybody is held
_OWN: Final = {"connection", "content-length", "date", "server", "transfer-encoding"}


class What(StrEnum):
    """What is counted and may be held: a job's first step after `begin`, and its last one."""

    DOWNLOAD = "download"
    NOTICE = "notice"


@dataclass
class Turnstile:
    """Jobs by their ids: a document's name is its job's."""

    scans: str  # the bucket that documents come from
    url: str = ""
    came: Counter[tuple[What, str]] = field(default_factory=Counter)
    told: list[dict[str, Any]] = field(default_factory=list)  # notices that were published
    _held: set[tuple[What, str]] = field(default_factory=set)
    _turn: threading.Condition = field(default_factory=threading.Condition)

    def hold(self, what: What, *jobs: str) -> None:
        """Let these wait."""
        with self._turn:
            self._held |= {(what, job) for job in jobs}

    def let(self, *jobs: str) -> None:
        """Let these go on; everybody if none is named."""
        with self._turn:
            self._held = {held for held in self._held if jobs and held[1] not in jobs}
            self._turn.notify_all()

    def notices(self, job: str) -> list[dict[str, Any]]:
        """Return what was told of a job."""
        return [notice for notice in self.told if notice["jobId"] == job]

    def pass_through(self, what: What, job: str) -> None:
        """Count it, and return when it may go on."""
        with self._turn:
            self.came[what, job] += 1
            self._turn.wait_for(lambda: (what, job) not in self._held, _LONGEST)

    def read(self, method: str, path: str, body: bytes) -> tuple[What, str, dict[str, Any] | None] | None:
        """Tell what a request is about, if it is of those that count."""
        parts = urlsplit(path)
        if method == "GET" and parts.path.startswith(f"/{self.scans}/"):
            return What.DOWNLOAD, PurePosixPath(parts.path).stem, None
        if method == "POST" and b"Action=Publish" in body:
            notice: dict[str, Any] = json.loads(parse_qs(body.decode())["Message"][0])
            return What.NOTICE, notice["jobId"], notice
        return None


@contextmanager
def turnstile(aws: str, scans: str) -> Iterator[Turnstile]:
    """Stand before AWS until the block ends."""
    place = Turnstile(scans)

    class Handler(_Handler):
        turnstile = place
        aws_host = urlsplit(aws).netloc

    with _Server((HOST, 0), Handler) as server:
        place.url = f"http://{HOST}:{server.server_port}"
        with serve_in_thread(server):
            try:
                yield place
            finally:
                place.let()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 whatever its base takes
        """Say nothing: whoever asked was killed."""


class _Handler(BaseHTTPRequestHandler):
    turnstile: Turnstile
    aws_host: str

    def do_GET(self) -> None:
        """Pass on what came, once it may."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        known = self.turnstile.read(self.command, self.path, body)
        if known:
            self.turnstile.pass_through(*known[:2])
        status, headers, content = self._pass_on(body)
        if known and known[2] and status == http.HTTPStatus.OK:
            self.turnstile.told.append(known[2])
        with suppress(OSError):  # it was killed meanwhile
            self._answer(status, headers, content)

    do_DELETE = do_HEAD = do_POST = do_PUT = do_GET  # noqa: N815 as http.server calls them

    def _pass_on(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(self.aws_host, timeout=_LONGEST)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _OWN | {"host"}}
            connection.request(self.command, self.path, body, headers)
            with connection.getresponse() as answer:
                return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        size = dict(headers).get("Content-Length", str(len(content))) if self.command == "HEAD" else str(len(content))
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in _OWN:
                self.send_header(name, value)
        self.send_header("Content-Length", size)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
