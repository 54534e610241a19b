"""Textract on the loopback address: it speaks its protocol, JSON 1.1, with blocks as they are there.

What it sees is decided by a test. It counts what would be paid for.
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
    """An error instead of an answer; with no name, bytes that are no JSON."""

    name: str = ""
    status: int = 400
    message: str = "no"


@dataclass(frozen=True)
class Asked:
    """A call."""

    operation: str
    body: dict[str, Any]


@dataclass
class Provider:
    """What it answers and was asked. `refusals` come first, one a call."""

    see: Callable[[bytes], list[Block]] = lambda _picture: [page_block()]
    refusals: list[Refusal] = field(default_factory=list)
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    paid: int = 0  # pages

    def calls(self, operation: str) -> list[dict[str, Any]]:
        """What was asked of one operation."""
        return [asked.body for asked in self.asked if asked.operation == operation]

    def answer(self, operation: str, body: dict[str, Any]) -> dict[str, Any] | Refusal:
        """Answer a call."""
        self.asked.append(Asked(operation, body))
        if self.refusals:
            return self.refusals.pop(0)
        if operation == "DetectDocumentText":
            self.paid += 1
            return {"DocumentMetadata": {"Pages": 1}, "Blocks": self.see(base64.b64decode(body["Document"]["Bytes"]))}
        return Refusal("UnknownOperationException", 404)


@contextmanager
def providing(provider: Provider) -> Iterator[Provider]:
    """Serve until the block ends."""

    class Handler(_Handler):
        of = provider

    with serve_http(Handler) as host:
        provider.url = f"http://{host}"
        yield provider


class _Handler(BaseHTTPRequestHandler):
    of: Provider
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer a call, whose operation is in a header."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.headers["Content-Type"] == "application/x-amz-json-1.1"
        assert "Credential=testing/" in self.headers["Authorization"]
        service, _, operation = self.headers["X-Amz-Target"].partition(".")
        assert service == "Textract"
        answer = self.of.answer(operation, json.loads(body))
        if isinstance(answer, Refusal):
            error = {"__type": answer.name, "message": answer.message}
            self.send(answer.status, json.dumps(error).encode() if answer.name else b"<html>it is not me</html>")
        else:
            self.send(200, json.dumps(answer).encode())

    def send(self, status: int, content: bytes) -> None:
        """Send an answer; who asked may be gone."""
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except ConnectionError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 as it is named there
        """Say nothing."""


def page_block(children: Sequence[str] = ()) -> Block:
    """Return the block of a page."""
    return {"BlockType": "PAGE", **_block(((0, 0), (1, 0), (1, 1), (0, 1)), children)}


def text_block(kind: str, text: str, corners: Sequence[Point], *, children: Sequence[str] = ()) -> Block:
    """Return the block of a line or a word; the corners are shares of the page, from the text's upper left one."""
    return {
        "BlockType": kind,
        "Text": text,
        "Confidence": 99.5,
        **({"TextType": "PRINTED"} if kind == "WORD" else {}),
        **_block(corners, children),
    }


def _block(corners: Sequence[Point], children: Sequence[str]) -> Block:
    across, down = [x for x, _ in corners], [y for _, y in corners]
    box = {"Width": max(across) - min(across), "Height": max(down) - min(down), "Left": min(across), "Top": min(down)}
    geometry = {"BoundingBox": {name: float(value) for name, value in box.items()}}
    polygon = [{"X": float(x), "Y": float(y)} for x, y in corners]
    block: Block = {"Id": str(uuid.uuid4()), "Geometry": {**geometry, "Polygon": polygon}}
    if children:
        block["Relationships"] = [{"Type": "CHILD", "Ids": list(children)}]
    return block


def blocks() -> list[Block]:
    """Return a page with one line of one word."""
    box = [(0.1, 0.1), (0.3, 0.1), (0.3, 0.2), (0.1, 0.2)]
    word = text_block("WORD", "something", box)
    return [page_block(), text_block("LINE", "something", box, children=[word["Id"]]), word]
