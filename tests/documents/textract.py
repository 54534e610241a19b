"""Textract on the loopback address: it speaks its protocol, JSON 1.1, with blocks as they are there.

What it sees is decided by a test. It counts what would be paid for, and gives one start the same number every time.
"""

import base64
import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.loopback import serving

type Block = dict[str, Any]
type Point = tuple[float, float]
PIECE = 1_000  # blocks of an answer, at most


@dataclass(frozen=True)
class Refusal:
    """An error instead of an answer; with no name, bytes that nobody understands."""

    name: str = ""
    status: int = 400
    message: str = "no"


@dataclass(frozen=True)
class Asked:
    """A call."""

    operation: str
    body: dict[str, Any]


@dataclass
class Job:
    """A document that is being read as a whole."""

    number: str
    start: dict[str, Any]


@dataclass
class Provider:
    """What it answers and was asked. `refusals` come first, one a call."""

    see: Callable[[bytes], list[Block]] = lambda _picture: [page_block()]
    pages: Sequence[list[Block]] = ()  # of a whole document, each numbered
    statuses: list[str] = field(default_factory=list)  # of a whole document, one a look; then it has succeeded
    ending: dict[str, Any] = field(default_factory=lambda: {"JobStatus": "SUCCEEDED"})
    refusals: list[Refusal] = field(default_factory=list)
    piece: int = PIECE
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    paid: int = 0  # pages
    jobs: dict[str, Job] = field(default_factory=dict)  # by the token of their start

    def calls(self, operation: str) -> list[dict[str, Any]]:
        """What was asked of one operation."""
        return [asked.body for asked in self.asked if asked.operation == operation]

    def answer(self, operation: str, body: dict[str, Any]) -> dict[str, Any] | Refusal:
        """Answer a call."""
        self.asked.append(Asked(operation, body))
        if self.refusals:
            return self.refusals.pop(0)
        match operation:
            case "DetectDocumentText":
                self.paid += 1
                return {
                    "DocumentMetadata": {"Pages": 1},
                    "Blocks": self.see(base64.b64decode(body["Document"]["Bytes"])),
                }
            case "StartDocumentTextDetection":
                return self._start(body)
            case "GetDocumentTextDetection":
                return self._get(body)
        return Refusal("UnknownOperationException", 404)

    def _start(self, body: dict[str, Any]) -> dict[str, Any] | Refusal:
        token = body["ClientRequestToken"]
        if token not in self.jobs:
            self.paid += len(self.pages)
            self.jobs[token] = Job(uuid.uuid4().hex, body)
        if self.jobs[token].start != body:
            return Refusal("IdempotentParameterMismatchException")
        return {"JobId": self.jobs[token].number}

    def _get(self, body: dict[str, Any]) -> dict[str, Any] | Refusal:
        if body["JobId"] not in [job.number for job in self.jobs.values()]:
            return Refusal("InvalidJobIdException")
        if self.statuses:
            return {"JobStatus": self.statuses.pop(0)}
        blocks = [block for page in self.pages for block in page]
        first, size = int(body.get("NextToken", 0)), min(self.piece, body["MaxResults"])
        more = {"NextToken": str(first + size)} if first + size < len(blocks) else {}
        metadata = {"DocumentMetadata": {"Pages": len(self.pages)}, "DetectDocumentTextModelVersion": "1.0"}
        return {**metadata, **self.ending, "Blocks": blocks[first : first + size], **more}


@contextmanager
def providing(provider: Provider) -> Iterator[Provider]:
    """Serve until the block ends."""

    class Handler(_Handler):
        of = provider

    with serving(Handler) as host:
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


def page_block(number: int | None = None, children: Sequence[str] = ()) -> Block:
    """Return the block of a page; of a single one it has no number."""
    return {"BlockType": "PAGE", **_block(((0, 0), (1, 0), (1, 1), (0, 1)), number, children)}


def text_block(
    kind: str, text: str, corners: Sequence[Point], *, number: int | None = None, children: Sequence[str] = ()
) -> Block:
    """Return the block of a line or a word; the corners are shares of the page, from the text's upper left one."""
    return {
        "BlockType": kind,
        "Text": text,
        "Confidence": 99.5,
        **({"TextType": "PRINTED"} if kind == "WORD" else {}),
        **_block(corners, number, children),
    }


def _block(corners: Sequence[Point], number: int | None, children: Sequence[str]) -> Block:
    across, down = [x for x, _ in corners], [y for _, y in corners]
    box = {"Width": max(across) - min(across), "Height": max(down) - min(down), "Left": min(across), "Top": min(down)}
    geometry = {"BoundingBox": {name: float(value) for name, value in box.items()}}
    polygon = [{"X": float(x), "Y": float(y)} for x, y in corners]
    block: Block = {"Id": str(uuid.uuid4()), "Geometry": {**geometry, "Polygon": polygon}}
    if children:
        block["Relationships"] = [{"Type": "CHILD", "Ids": list(children)}]
    return block if number is None else {**block, "Page": number}


def blocks() -> list[Block]:
    """Return a page with one line of one word."""
    box = [(0.1, 0.1), (0.3, 0.1), (0.3, 0.2), (0.1, 0.2)]
    word = text_block("WORD", "something", box)
    return [page_block(), text_block("LINE", "something", box, children=[word["Id"]]), word]
