"""A receiver of events on the loopback address, which a test may have fail, hang or redirect."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.loopback import serve_http


@dataclass(frozen=True)
class Delivered:
    """A request that the receiver got, and the status of its answer."""

    path: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    status: int

    @property
    def event(self) -> dict[str, Any]:
        """The CloudEvent in its body."""
        read: dict[str, Any] = json.loads(self.body)
        return read

    @property
    def id(self) -> str:
        """The id of its event."""
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """Answers with the statuses of `answers`, one after the other, and then with 204."""

    host: str = ""
    answers: list[int] = field(default_factory=list)
    answers_by_event: dict[str, list[int]] = field(default_factory=dict)  # instead of those, for some ids
    headers: dict[str, str] = field(default_factory=dict)  # of each answer
    hangs: bool = False
    end: threading.Event = field(default_factory=threading.Event)
    requests: list[Delivered] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """The address of events."""
        return f"http://{self.host}/events?token=keep-this-secret"

    @property
    def taken(self) -> list[str]:
        """The ids of the events that it took, in order, also repetitions."""
        return [one.id for one in self.requests if one.status == 204]

    def choose_status(self, event: str) -> int:
        """Return the status for a request."""
        answers = self.answers_by_event.get(event, self.answers)
        return answers.pop(0) if answers else 204

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        """Keep a request, and return the status for it."""
        names = {name.lower(): value for name, value in headers.items()}
        with self.lock:
            status = self.choose_status(names["webhook-id"])
            self.requests.append(Delivered(path, names, body, status))
        if self.hangs:
            self.end.wait()
        return status


@contextmanager
def serve_receiver(receiver: Receiver | None = None) -> Iterator[Receiver]:
    """Serve a receiver until the block ends."""
    served = receiver or Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Take an event."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(served.take(self.path, dict(self.headers), body))
            for name, value in {"Content-Length": "0", **served.headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with serve_http(Handler) as served.host:
        try:
            yield served
        finally:
            served.end.set()
