"""Behaviors of a rogue server: valid answers, and one function for each way in which an answer goes wrong."""

import gzip
from dataclasses import dataclass

from msgspec import Struct, json, structs

from durable.wire.answers import EmptyAnswer, OnePromise, PromisePage
from durable.wire.envelope import encode_answer
from durable.wire.records import Promise, Value
from tests.wire.rogue_server import Behavior, Exchange

PROMISE = Promise(id="p", state="pending", param=Value(), value=Value(), tags={}, timeout_at=2, created_at=1)
HTML = "<html><body>from a proxy</body></html>"
CHUNKED_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


class Named(Struct):
    """The part of a request that names its promise."""

    id: str


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """The fields of an envelope that are wrong."""

    kind: str | None = None
    corr_id: str | None = None
    head_status: int | None = None


def envelope(
    exchange: Exchange, data: Struct | str | list[object], status: int = 200, wrong: Wrong | None = None
) -> bytes:
    """Build the body of the answer to this request."""
    asked, wrong = exchange.call.asked, wrong or Wrong()
    corr_id = wrong.corr_id or asked.head.corr_id
    return encode_answer(wrong.kind or asked.kind, corr_id, wrong.head_status or status, data)


def http(status: int, body: bytes | str, media: str = "application/json", more: str = "") -> bytes:
    """Build a whole HTTP reply; `more` is further header lines."""
    body = body.encode() if isinstance(body, str) else body
    head = f"HTTP/1.1 {status} Reason\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


def answer_with(data: Struct | str | list[object], status: int = 200, wrong: Wrong | None = None) -> Behavior:
    """Answer in the protocol, and keep the connection open."""

    def behavior(exchange: Exchange) -> bool:
        exchange.send(http(status, envelope(exchange, data, status, wrong)))
        return True

    return behavior


def reply_with(status: int, body: bytes | str, media: str = "application/json", more: str = "") -> Behavior:
    """Reply with this body to any request, and keep the connection open."""

    def behavior(exchange: Exchange) -> bool:
        exchange.send(http(status, body, media, more))
        return True

    return behavior


answer_promise = answer_with(OnePromise(promise=PROMISE))
answer_empty = answer_with(EmptyAnswer())
answer_page = answer_with(PromisePage(promises=[PROMISE]))


def echo(exchange: Exchange) -> bool:
    """Answer with a promise of the requested id."""
    promise_id = json.decode(exchange.call.asked.data, type=Named).id
    exchange.send(http(200, envelope(exchange, OnePromise(promise=structs.replace(PROMISE, id=promise_id)))))
    return True


def hang(exchange: Exchange) -> None:
    """Never answer."""
    exchange.over.wait()


def close_silently(_: Exchange) -> None:
    """Close the connection without an answer, as a server does that just stopped."""


def stop_half_way(exchange: Exchange) -> None:
    """Send a part of a valid answer and never the rest."""
    whole = http(200, envelope(exchange, OnePromise(promise=PROMISE)))
    exchange.send(whole[:-20])
    exchange.over.wait()


def close_half_way(exchange: Exchange) -> None:
    """Send a part of a valid answer and close the connection."""
    exchange.send(http(200, envelope(exchange, OnePromise(promise=PROMISE)))[:-20])


def close_between_chunks(exchange: Exchange) -> None:
    """Send a valid answer in chunks, without the last one, which marks the end."""
    body = envelope(exchange, OnePromise(promise=PROMISE))
    exchange.send(CHUNKED_HEAD + b"%x\r\n%s\r\n" % (len(body), body))


def answer_in_chunks(exchange: Exchange) -> bool:
    """Send a valid answer in two chunks."""
    body = envelope(exchange, OnePromise(promise=PROMISE))
    pieces = (body[:9], body[9:], b"")
    exchange.send(CHUNKED_HEAD + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces))
    return True


def drip(exchange: Exchange, *, first_bytes: int = 0) -> None:
    """Send a valid answer byte by byte (the first ones at once), so that no single read is long."""
    whole = http(200, envelope(exchange, OnePromise(promise=PROMISE)))
    exchange.send(whole[:first_bytes])
    for at in range(first_bytes, len(whole)):
        exchange.over.wait(0.02)
        exchange.send(whole[at : at + 1])


def drip_body(exchange: Exchange) -> None:
    """Send the head at once and the body byte by byte."""
    drip(exchange, first_bytes=len(http(200, "")))


def compress(exchange: Exchange) -> bool:
    """Compress a valid answer."""
    body = gzip.compress(envelope(exchange, OnePromise(promise=PROMISE)))
    return bool(reply_with(200, body, more="Content-Encoding: gzip\r\n")(exchange))


def speak_another_protocol(exchange: Exchange) -> None:
    """Speak another protocol."""
    exchange.send("SSH-2.0-OpenSSH_9.6\r\n")
