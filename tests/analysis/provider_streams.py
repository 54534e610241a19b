"""Answers of the fake provider piece by piece: OpenAI's server-sent events, and the event stream of AWS for Bedrock."""

import json
import struct
from binascii import crc32
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

type Form = dict[str, Any]

PIECE_CHARACTERS = 20


@dataclass(frozen=True)
class RawReply:
    """An answer that is no completed form: plain text, a call of another tool, or a truncated answer."""

    text: str = "Hello!"
    tool: str | None = None
    form: Form = field(default_factory=dict)
    is_cut: bool = False
    input_tokens: int = 100  # tokens that the provider charges for
    is_broken_off: bool = False  # a streamed answer ends after its first piece
    has_usage: bool = True  # a streamed answer says what it took


def stream_reply(reply: RawReply, body: Form, *, speaks_converse: bool) -> tuple[str, list[bytes]]:
    """Return the media type of a streamed answer, and its pieces."""
    if speaks_converse:
        frames = [_frame(kind, content) for kind, content in _list_converse_events(reply)]
        return "application/vnd.amazon.eventstream", frames
    has_usage = reply.has_usage and body.get("stream_options", {}).get("include_usage")
    chunks = list(_list_completion_chunks(reply, body["model"], has_usage=bool(has_usage)))
    return "text/event-stream", [b"data: %b\n\n" % chunk for chunk in [*chunks, b"[DONE]"]]


def _cut(text: str) -> list[str]:
    return [text[at : at + PIECE_CHARACTERS] for at in range(0, len(text), PIECE_CHARACTERS)]


def _list_completion_chunks(reply: RawReply, model: str, *, has_usage: bool) -> Iterator[bytes]:
    def chunk(delta: Form, stop: str | None = None, **more: object) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": stop}
        fixed = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": [choice]}
        return json.dumps(fixed | more).encode()

    def call(**function: str) -> Form:
        named = {"id": "call-1", "type": "function"} if "name" in function else {}
        return {"tool_calls": [{"index": 0, **named, "function": function}]}

    if reply.tool:
        yield chunk({"role": "assistant", **call(name=reply.tool, arguments="")})
        for piece in _cut(json.dumps(reply.form)):
            yield chunk(call(arguments=piece))
    else:
        for piece in _cut(reply.text):
            yield chunk({"role": "assistant", "content": piece})
    yield chunk({}, "length" if reply.is_cut else "tool_calls" if reply.tool else "stop")
    if has_usage:
        usage = {"prompt_tokens": reply.input_tokens, "completion_tokens": 20, "total_tokens": reply.input_tokens + 20}
        yield chunk({}, choices=[], usage=usage)


def _list_converse_events(reply: RawReply) -> Iterator[tuple[str, Form]]:
    yield "messageStart", {"role": "assistant"}
    start = {"toolUse": {"toolUseId": "use-1", "name": reply.tool}} if reply.tool else None
    if start:
        yield "contentBlockStart", {"contentBlockIndex": 0, "start": start}
    for piece in _cut(json.dumps(reply.form) if reply.tool else reply.text):
        delta = {"toolUse": {"input": piece}} if reply.tool else {"text": piece}
        yield "contentBlockDelta", {"contentBlockIndex": 0, "delta": delta}
    yield "contentBlockStop", {"contentBlockIndex": 0}
    yield "messageStop", {"stopReason": "max_tokens" if reply.is_cut else "tool_use" if reply.tool else "end_turn"}
    if reply.has_usage:
        usage = {"inputTokens": reply.input_tokens, "outputTokens": 20, "totalTokens": reply.input_tokens + 20}
        yield "metadata", {"usage": usage, "metrics": {"latencyMs": 5}}


def _frame(kind: str, content: Form) -> bytes:
    """Return an event as AWS frames it: lengths and headers, each part with a checksum."""
    named = {":message-type": "event", ":event-type": kind, ":content-type": "application/json"}
    headers = b"".join(
        struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", 7, len(value)) + value.encode()
        for name, value in named.items()
    )
    payload = json.dumps(content).encode()
    prelude = struct.pack("!II", len(headers) + len(payload) + 16, len(headers))
    message = prelude + struct.pack("!I", crc32(prelude)) + headers + payload
    return message + struct.pack("!I", crc32(message))
