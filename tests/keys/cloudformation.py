"""CloudFormation's side of a custom resource: the event that it sends, and the url that receives the response."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import SimpleQueue
from typing import Any

from tests.loopback import serve_in_thread

type Event = dict[str, Any]

STACK = "arn:aws:cloudformation:eu-central-1:123456789012:stack/longhand/6d3e1b60"


@dataclass(frozen=True)
class PutRequest:
    """A response that arrived."""

    headers: dict[str, str]
    body: Event


@dataclass
class ResponseReceiver:
    """Receives responses at its url, and refuses the first `refusals` of them with 503."""

    url: str
    refusals: int = 0
    puts: SimpleQueue[PutRequest] = field(default_factory=SimpleQueue)

    def response(self) -> Event:
        """Return the body of the one response that arrived."""
        put = self.puts.get(timeout=30)
        assert self.puts.empty()
        return put.body

    def event(self, request: str, properties: object, **changes: object) -> Event:
        """Return an event as CloudFormation sends it."""
        event = {
            "RequestType": request,
            "ResponseURL": f"{self.url}/arn%3Aaws?X-Amz-Signature=signed-for-once",
            "StackId": STACK,
            "RequestId": "request-1",
            "ResourceType": "Custom::Keys",
            "LogicalResourceId": "Keys",
            "ResourceProperties": properties,
        }
        if request != "Create":
            event["PhysicalResourceId"] = "Keys-resource"
        return event | changes


@contextmanager
def receive_responses() -> Iterator[ResponseReceiver]:
    """Listen for responses inside the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if receiver.refusals:
                receiver.refusals -= 1
                self.send_response(503)
            else:
                receiver.puts.put(PutRequest(dict(self.headers.items()), json.loads(body)))
                self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = ResponseReceiver(f"http://127.0.0.1:{server.server_port}")
        with serve_in_thread(server):
            yield receiver
