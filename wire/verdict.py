"""Decides what a whole HTTP answer means: the value that was asked for, a refusal, or that no server of ours answered.

Only an envelope that answers this very request can refuse it: proxies have 403 and 404 pages too, and who takes one for
the server's word tells people that their job does not exist.
"""

from http import HTTPStatus
from typing import Final

from msgspec import DecodeError, Raw, json

from .envelope import AnswerEnvelope
from .errors import REFUSALS, Unavailable
from .transport import Reply

# These may come without an envelope, as a plain sentence: the server has not read the request's when it says so.
_BARE: Final = {401, 403, 413}
_LONGEST_SENTENCE: Final = 500  # bytes; the server's have less than 100
# Bad JSON, bytes that are no text, brackets without end: msgspec has an error of its own for the first only.
_UNREADABLE: Final = (DecodeError, UnicodeDecodeError, RecursionError)


def understand[A](reply: Reply, answer: type[A], *, kind: str, corr_id: str) -> A:
    """Return the answer to the request of this kind and id."""
    if reply.status in _BARE and (sentence := _bare_sentence(reply)):
        raise REFUSALS[reply.status](reply.status, sentence)
    envelope = _decoded(reply.body, AnswerEnvelope, reply.status)
    if (envelope.kind, envelope.head.corr_id, envelope.head.status) != (kind, corr_id, reply.status):
        raise Unavailable(f"HTTP {reply.status} with the answer to something else")
    if refused := REFUSALS.get(reply.status):
        raise refused(reply.status, _decoded(envelope.data, str, reply.status))
    if reply.status != HTTPStatus.OK:
        raise Unavailable(f"HTTP {reply.status} from the server")
    return _decoded(envelope.data, answer, reply.status)


def _decoded[A](body: bytes | Raw, shape: type[A], status: int) -> A:
    try:
        return json.decode(body, type=shape)
    except _UNREADABLE as error:
        raise Unavailable(f"HTTP {status} with an answer that is not the protocol's") from error


def _bare_sentence(reply: Reply) -> str | None:
    if len(reply.body) > _LONGEST_SENTENCE:
        return None
    try:
        if reply.media == "text/plain":
            return reply.body.decode()
        return json.decode(reply.body, type=str) if reply.media == "application/json" else None
    except _UNREADABLE:
        return None
