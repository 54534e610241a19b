"""Parses an HTTP reply into the answer, or into the error for a refusal or for a reply outside the protocol.

Only an envelope that answers this very request can refuse it. Proxies have 403 and 404 pages, too: a client that took
one for the server's answer would report that a job does not exist.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from msgspec import DecodeError, Raw, json

from .envelope import AnswerEnvelope
from .errors import REFUSALS, Unavailable

# Statuses that may come without an envelope, as a plain sentence: the server sends them before it reads the request.
_BARE_STATUSES: Final = {401, 403, 413}
_MAX_SENTENCE_BYTES: Final = 500  # the server's have less than 100
# Invalid JSON, invalid UTF-8, endless brackets: only the first raises an error of msgspec.
_DECODE_ERRORS: Final = (DecodeError, UnicodeDecodeError, RecursionError)


@dataclass(frozen=True)
class Reply:
    """A whole HTTP reply; `media` is its content type without parameters."""

    status: int
    media: str
    body: bytes


def parse_reply[A](reply: Reply, answer: type[A], *, kind: str, corr_id: str) -> A:
    """Return the answer to the request of this kind and id, or raise a WireError."""
    if reply.status in _BARE_STATUSES and (sentence := _parse_sentence(reply)):
        raise REFUSALS[reply.status](reply.status, sentence)
    envelope = _decode(reply.body, AnswerEnvelope, reply.status)
    if (envelope.kind, envelope.head.corr_id, envelope.head.status) != (kind, corr_id, reply.status):
        raise Unavailable(f"HTTP {reply.status} with the answer to another request")
    if refused := REFUSALS.get(reply.status):
        raise refused(reply.status, _decode(envelope.data, str, reply.status))
    if reply.status != HTTPStatus.OK:
        raise Unavailable(f"HTTP {reply.status} from the server")
    return _decode(envelope.data, answer, reply.status)


def _decode[A](body: bytes | Raw, shape: type[A], status: int) -> A:
    try:
        return json.decode(body, type=shape)
    except _DECODE_ERRORS as error:
        raise Unavailable(f"HTTP {status} with an answer that is not the protocol's") from error


def _parse_sentence(reply: Reply) -> str | None:
    if len(reply.body) > _MAX_SENTENCE_BYTES:
        return None
    try:
        if reply.media == "text/plain":
            return reply.body.decode()
        return json.decode(reply.body, type=str) if reply.media == "application/json" else None
    except _DECODE_ERRORS:
        return None
