"""The envelope around every request and answer, and the encoders that both sides use."""

from msgspec import Raw, Struct, field, json

from .fields import Integer
from .records import Record

VERSION = "2026-04-01"


class Head(Record, frozen=True):
    """Who asks (an id to find the answer by, perhaps a token) and in which version of the protocol."""

    corr_id: str
    version: str
    auth: str | None = None
    # Only a server in debug mode looks at it: the time at which the request is to happen.
    debug_time: Integer | None = field(default=None, name="resonate:debug_time")


class Envelope(Record, frozen=True):
    """A request on its way in: its data is judged once its kind is known."""

    kind: str
    head: Head
    data: dict[str, object]


class AnswerHead(Record, frozen=True):
    """The status is the HTTP status too."""

    corr_id: str
    status: int
    version: str


class AnswerEnvelope(Record, frozen=True):
    """An answer on its way in: its data is decoded once its status is known."""

    kind: str
    head: AnswerHead
    data: Raw


_encode = json.Encoder().encode


def encode_request(kind: str, head: Head, data: Struct) -> bytes:
    """Write one request as the body of a POST."""
    return _encode({"kind": kind, "head": head, "data": data})


def encode_answer(kind: str, corr_id: str, status: int, data: Struct | str | list[object]) -> bytes:
    """Write one answer as the body of a response; a refusal's data is its sentence."""
    return _encode({"kind": kind, "head": {"corrId": corr_id, "status": status, "version": VERSION}, "data": data})
