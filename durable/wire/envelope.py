"""The envelope of every request and answer, and the encoders for both sides."""

from msgspec import Raw, Struct, field, json

from .fields import Integer
from .records import Record

VERSION = "2026-04-01"


class Head(Record, frozen=True):
    """The id that the answer repeats, the version of the protocol, and the token if there is one."""

    corr_id: str
    version: str
    auth: str | None = None
    # The time at which a server in debug mode handles the request; other servers ignore it.
    debug_time: Integer | None = field(default=None, name="resonate:debug_time")


class Envelope(Record, frozen=True):
    """A received request: its data is validated once its kind is known."""

    kind: str
    head: Head
    data: dict[str, object]


class AnswerHead(Record, frozen=True):
    """The status is the HTTP status, too."""

    corr_id: str
    status: int
    version: str


class AnswerEnvelope(Record, frozen=True):
    """A received answer: its data is decoded once its status is known."""

    kind: str
    head: AnswerHead
    data: Raw


_encode = json.Encoder().encode


def encode_request(kind: str, head: Head, data: Struct) -> bytes:
    """Encode a request as the body of a POST."""
    return _encode({"kind": kind, "head": head, "data": data})


def encode_answer(kind: str, corr_id: str, status: int, data: Struct | str | list[object]) -> bytes:
    """Encode an answer as the body of a response; the data of a refusal is its sentence."""
    return _encode({"kind": kind, "head": {"corrId": corr_id, "status": status, "version": VERSION}, "data": data})
