"""A fake Textract on the loopback address, with the protocol (JSON 1.1) and the blocks of the service.

A test sets the function that detects blocks. The fake counts the pages that the service would charge for.
"""

import base64
import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.loopback import serve_http

type Block = dict[str, Any]
type Point = tuple[float, float]


@dataclass(frozen=True)
class Refusal:
    """An error response; without a name, its body is not JSON."""

    name: str = ""
    status: int = 400
    message: str = "no"


@dataclass(frozen=True)
class TextractRequest:
    """A request to Textract."""

    operation: str
    body: dict[str, Any]


@dataclass
class FakeTextract:
    """The responses and the requests. `refusals` are sent first, one a request."""

    detect: Callable[[bytes], list[Block]] = lambda _picture: [make_page_block()]
    refusals: list[Refusal] = field(default_factory=list)
    url: str = ""
    requests: list[TextractRequest] = field(default_factory=list)
    paid_pages: int = 0

    def reset(self) -> None:
        """Answer as at first, and forget all requests."""
        vars(self).update(vars(FakeTextract(url=self.url)))

    def list_requests(self, operation: str) -> list[dict[str, Any]]:
        """Return the bodies of the requests of one operation."""
        return [request.body for request in self.requests if request.operation == operation]

    def answer(self, operation: str, body: dict[str, Any]) -> dict[str, Any] | Refusal:
        """Answer a request."""
        self.requests.append(TextractRequest(operation, body))
        if self.refusals:
            return self.refusals.pop(0)
        if operation == "DetectDocumentText":
            self.paid_pages += 1
            picture = base64.b64decode(body["Document"]["Bytes"])
            return {"DocumentMetadata": {"Pages": 1}, "Blocks": self.detect(picture)}
        return Refusal("UnknownOperationException", 404)


@contextmanager
def serve_textract(served: FakeTextract) -> Iterator[FakeTextract]:
    """Serve until the block ends."""

    class Handler(_Handler):
        textract = served

    with serve_http(Handler) as host:
        served.url = f"http://{host}"
        yield served


class _Handler(BaseHTTPRequestHandler):
    textract: FakeTextract
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer a request, whose operation is in a header."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.headers["Content-Type"] == "application/x-amz-json-1.1"
        assert "Credential=testing/" in self.headers["Authorization"]
        service, _, operation = self.headers["X-Amz-Target"].partition(".")
        assert service == "Textract"
        answer = self.textract.answer(operation, json.loads(body))
        if isinstance(answer, Refusal):
            error = {"__type": answer.name, "message": answer.message}
            self.send(answer.status, json.dumps(error).encode() if answer.name else b"<html>it is not me</html>")
        else:
            self.send(200, json.dumps(answer).encode())

    def send(self, status: int, content: bytes) -> None:
        """Send a response; the client may have closed the connection."""
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except ConnectionError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the library's name
        """Log nothing."""


def make_page_block(children: Sequence[str] = ()) -> Block:
    """Return the block of a page."""
    return {"BlockType": "PAGE", **_make_block(((0, 0), (1, 0), (1, 1), (0, 1)), children)}


def make_text_block(kind: str, text: str, corners: Sequence[Point], *, children: Sequence[str] = ()) -> Block:
    """Return the block of a line or a word; corners are fractions of the page, from the text's upper left one on."""
    return {
        "BlockType": kind,
        "Text": text,
        "Confidence": 99.5,
        **({"TextType": "PRINTED"} if kind == "WORD" else {}),
        **_make_block(corners, children),
    }


def _make_block(corners: Sequence[Point], children: Sequence[str]) -> Block:
    across, down = [x for x, _ in corners], [y for _, y in corners]
    box = {"Width": max(across) - min(across), "Height": max(down) - min(down), "Left": min(across), "Top": min(down)}
    geometry = {"BoundingBox": {name: float(value) for name, value in box.items()}}
    polygon = [{"X": float(x), "Y": float(y)} for x, y in corners]
    block: Block = {"Id": str(uuid.uuid4()), "Geometry": {**geometry, "Polygon": polygon}}
    if children:
        block["Relationships"] = [{"Type": "CHILD", "Ids": list(children)}]
    return block


def make_blocks() -> list[Block]:
    """Return a page with one line of one word."""
    box = [(0.1, 0.1), (0.3, 0.1), (0.3, 0.2), (0.1, 0.2)]
    word = make_text_block("WORD", "something", box)
    return [make_page_block(), make_text_block("LINE", "something", box, children=[word["Id"]]), word]
