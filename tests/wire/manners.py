"""Manners of a rogue server: the good ones, and one for each way in which an answer goes wrong."""

import gzip
from dataclasses import dataclass

from msgspec import Struct, json, structs

from tests.wire.rogue import Manner, Talk
from wire.answers import EmptyAnswer, OnePromise, PromisePage
from wire.envelope import encode_answer
from wire.records import Promise, Value

PROMISE = Promise(id="p", state="pending", param=Value(), value=Value(), tags={}, timeout_at=2, created_at=1)
HTML = "<html><body>from a proxy</body></html>"
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


class Named(Struct):
    """Enough of a request to know which promise it is about."""

    id: str


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """What an answer says differently from the truth."""

    kind: str | None = None
    corr_id: str | None = None
    head_status: int | None = None


def envelope(talk: Talk, data: Struct | str | list[object], status: int = 200, wrong: Wrong | None = None) -> bytes:
    """Write the body of the answer to this request."""
    asked, wrong = talk.call.asked, wrong or Wrong()
    corr_id = wrong.corr_id or asked.head.corr_id
    return encode_answer(wrong.kind or asked.kind, corr_id, wrong.head_status or status, data)


def http(status: int, body: bytes | str, media: str = "application/json", more: str = "") -> bytes:
    """Write a whole HTTP answer; `more` is further header lines."""
    body = body.encode() if isinstance(body, str) else body
    head = f"HTTP/1.1 {status} Said\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


def answers(data: Struct | str | list[object], status: int = 200, wrong: Wrong | None = None) -> Manner:
    """Answer in the protocol, and keep the connection open."""

    def manner(talk: Talk) -> bool:
        talk.say(http(status, envelope(talk, data, status, wrong)))
        return True

    return manner


def says(status: int, body: bytes | str, media: str = "application/json", more: str = "") -> Manner:
    """Answer with this body whatever the question, and keep the connection open."""

    def manner(talk: Talk) -> bool:
        talk.say(http(status, body, media, more))
        return True

    return manner


good = answers(OnePromise(promise=PROMISE))
done = answers(EmptyAnswer())
page = answers(PromisePage(promises=[PROMISE]))


def echo(talk: Talk) -> bool:
    """Answer with a promise of the id that was asked for."""
    promise_id = json.decode(talk.call.asked.data, type=Named).id
    talk.say(http(200, envelope(talk, OnePromise(promise=structs.replace(PROMISE, id=promise_id)))))
    return True


def hangs(talk: Talk) -> None:
    """Say nothing at all."""
    talk.over.wait()


def slams(_: Talk) -> None:
    """Close the connection without a word, as a server does that stopped just then."""


def stops_half_way(talk: Talk) -> None:
    """Begin a good answer and never end it."""
    whole = http(200, envelope(talk, OnePromise(promise=PROMISE)))
    talk.say(whole[:-20])
    talk.over.wait()


def breaks_half_way(talk: Talk) -> None:
    """Begin a good answer and close the connection."""
    talk.say(http(200, envelope(talk, OnePromise(promise=PROMISE)))[:-20])


def breaks_between_chunks(talk: Talk) -> None:
    """Send a good answer in chunks, but not the last one, which says that it is the last."""
    body = envelope(talk, OnePromise(promise=PROMISE))
    talk.say(CHUNKED + b"%x\r\n%s\r\n" % (len(body), body))


def chunked(talk: Talk) -> bool:
    """Send a good answer in two chunks."""
    body = envelope(talk, OnePromise(promise=PROMISE))
    pieces = (body[:9], body[9:], b"")
    talk.say(CHUNKED + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces))
    return True


def drips(talk: Talk, *, quickly: int = 0) -> None:
    """Send a good answer byte by byte (the first ones at once), so that no single read is long."""
    whole = http(200, envelope(talk, OnePromise(promise=PROMISE)))
    talk.say(whole[:quickly])
    for at in range(quickly, len(whole)):
        talk.over.wait(0.02)
        talk.say(whole[at : at + 1])


def drips_its_body(talk: Talk) -> None:
    """Send the head at once and the body byte by byte."""
    drips(talk, quickly=len(http(200, "")))


def zips(talk: Talk) -> bool:
    """Compress a good answer."""
    body = gzip.compress(envelope(talk, OnePromise(promise=PROMISE)))
    return bool(says(200, body, more="Content-Encoding: gzip\r\n")(talk))


def talks_nonsense(talk: Talk) -> None:
    """Speak some other protocol."""
    talk.say("SSH-2.0-OpenSSH_9.6\r\n")
