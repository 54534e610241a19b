"""CloudFormation's side of a custom resource: the event that it sends, and the address that waits for the answer."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import SimpleQueue
from typing import Any

from tests.loopback import running

type Event = dict[str, Any]

STACK = "arn:aws:cloudformation:eu-central-1:123456789012:stack/longhand/6d3e1b60"


@dataclass(frozen=True)
class Put:
    """A request that came."""

    headers: dict[str, str]
    body: Event


@dataclass
class Waiting:
    """Where answers go; the first ones are refused as many times as a test says."""

    url: str
    refusals: int = 0
    puts: SimpleQueue[Put] = field(default_factory=SimpleQueue)

    def answer(self) -> Event:
        """Return the one answer that came."""
        put = self.puts.get(timeout=30)
        assert self.puts.empty()
        return put.body

    def event(self, request: str, properties: object, **changes: object) -> Event:
        """Return an event as CloudFormation makes them."""
        made = {
            "RequestType": request,
            "ResponseURL": f"{self.url}/arn%3Aaws?X-Amz-Signature=signed-for-once",
            "StackId": STACK,
            "RequestId": "request-1",
            "ResourceType": "Custom::Keys",
            "LogicalResourceId": "Keys",
            "ResourceProperties": properties,
        }
        if request != "Create":
            made["PhysicalResourceId"] = "Keys-keys"
        return made | changes


@contextmanager
def waiting() -> Iterator[Waiting]:
    """Listen for answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if place.refusals:
                place.refusals -= 1
                self.send_response(503)
            else:
                place.puts.put(Put(dict(self.headers.items()), json.loads(body)))
                self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        place = Waiting(f"http://127.0.0.1:{server.server_port}")
        with running(server):
            yield place
