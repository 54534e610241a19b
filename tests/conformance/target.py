"""Sends plain JSON to one server: the suite must also send what no typed client would."""

import http.client
import json
from typing import NamedTuple
from urllib.parse import urlsplit

from wire.envelope import VERSION

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None

START = 1_000_000  # where the virtual clock of every script begins, in ms
TIMEOUT = 20  # seconds; no request takes a fraction of it


class Answer(NamedTuple):
    """An answer; the body is decoded JSON, or text."""

    status: int
    content_type: str | None
    body: Json


def body_of(kind: str, data: Json, now: int = START, *, corr_id: str = "c") -> bytes:
    """Encode one request at the time `now`."""
    head: Json = {"corrId": corr_id, "version": VERSION, "resonate:debug_time": now}
    return json.dumps({"kind": kind, "head": head, "data": data}).encode()


class Target:
    """A server in debug mode over one kept-alive connection."""

    def __init__(self, name: str, url: str) -> None:
        """Connect lazily: the first request opens the connection, a lost one is opened again."""
        self.name = name
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT)

    def raw(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
        """Send these bytes and return the answer."""
        self.send(method, path, body, headers)
        return self.receive()

    def send(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        """Send these bytes and leave the answer for `receive`: another target can be asked meanwhile."""
        try:
            self.connection.request(method, path, body, headers or {})
        except BaseException:
            self.connection.close()
            raise

    def receive(self) -> Answer:
        """Read the answer to what was sent."""
        try:
            response = self.connection.getresponse()
            content = response.read()
        except BaseException:
            self.connection.close()  # what is half read must not answer the next request
            raise
        kind = response.headers.get("content-type")
        decoded = json.loads(content) if kind == "application/json" and content else content.decode("utf-8", "replace")
        return Answer(response.status, kind, decoded)

    def call(self, kind: str, data: Json, now: int = START) -> Answer:
        """Send one request that happens at `now`."""
        return self.raw("POST", "/", body_of(kind, data, now))

    def data(self, kind: str, data: Json, now: int = START) -> Json:
        """Send one request and return its answer's data."""
        body = self.call(kind, data, now).body
        assert isinstance(body, dict), f"{self.name} answered {kind} with {body!r}"
        return body["data"]

    def begin(self) -> None:
        """Stop the clock and delete everything."""
        self.call("debug.start", {})
        self.call("debug.reset", {})

    def snap(self) -> Json:
        """Return the whole state."""
        return self.data("debug.snap", {})

    def close(self) -> None:
        """Hang up; a further request would connect again."""
        self.connection.close()
