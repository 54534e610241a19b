"""A fake provider of language models on the loopback address: Bedrock's Converse and OpenAI's chat completions.

A function of the test answers each request. The provider counts the answers that a real one would charge for.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from ssl import SSLContext

from tests.loopback import serve_http

from .provider_streams import Form, RawReply, stream_reply

__all__ = ["Form", "ModelRequest", "Provider", "RawReply", "Refusal", "Reply", "serve_provider"]


@dataclass(frozen=True)
class ModelRequest:
    """A request to the model, in either protocol."""

    path: str
    headers: dict[str, str]
    body: Form

    @property
    def is_streamed(self) -> bool:
        """Whether the answer is to come piece by piece."""
        return self.path.endswith("/converse-stream") or bool(self.body.get("stream"))

    @property
    def instructions(self) -> str:
        """The instructions to the model."""
        if "system" in self.body:
            return "".join(part.get("text", "") for part in self.body["system"])
        return "".join(one["content"] for one in self.body["messages"] if one["role"] == "system")

    @property
    def text(self) -> str:
        """The text that the model analyzes."""
        content = self.body["messages"][-1]["content"]
        return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)

    @property
    def tools(self) -> list[Form]:
        """The offered tools, by name and JSON schema."""
        if "toolConfig" in self.body:
            specs = [tool["toolSpec"] for tool in self.body["toolConfig"]["tools"]]
            return [{"name": spec["name"], "schema": spec["inputSchema"]["json"]} for spec in specs]
        functions = [tool["function"] for tool in self.body.get("tools", [])]
        return [{"name": one["name"], "schema": one["parameters"]} for one in functions]


@dataclass(frozen=True)
class Refusal:
    """An error response."""

    status: int
    kind: str = ""  # Bedrock's name of the error
    message: str = "no"
    headers: dict[str, str] = field(default_factory=dict)


type Reply = Form | Refusal | RawReply


@dataclass
class Provider:
    """The provider: its answers, and the requests it got."""

    answer: Callable[[ModelRequest], Reply]
    url: str = ""
    requests: list[ModelRequest] = field(default_factory=list)
    paid: int = 0  # answers that a provider charges for


@contextmanager
def serve_provider(answer: Callable[[ModelRequest], Reply], tls: SSLContext | None = None) -> Iterator[Provider]:
    """Serve the provider until the block ends."""
    provider = Provider(answer)

    class Handler(_Handler):
        fake_provider = provider

    with serve_http(Handler, tls) as host:
        provider.url = f"{'https' if tls else 'http'}://{host}"
        yield provider


class _Handler(BaseHTTPRequestHandler):
    fake_provider: Provider
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer in the protocol of the path."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        request = ModelRequest(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        self.fake_provider.requests.append(request)
        answer = self.fake_provider.answer(request)
        speaks_converse = "/converse" in self.path
        if isinstance(answer, Refusal):
            self.refuse(answer, speaks_converse=speaks_converse)
            return
        reply = answer if isinstance(answer, RawReply) else RawReply("", request.tools[0]["name"], answer)
        self.fake_provider.paid += 1
        if request.is_streamed:
            media_type, chunks = stream_reply(reply, body, speaks_converse=speaks_converse)
            self.send_chunks(
                media_type, chunks[:3] if reply.is_broken_off else chunks, is_whole=not reply.is_broken_off
            )
            return
        self.send(200, _converse(reply) if speaks_converse else make_completion(reply, body["model"]))

    def refuse(self, refusal: Refusal, *, speaks_converse: bool) -> None:
        """Send an error in the format of the protocol."""
        if speaks_converse:
            kind = {"x-amzn-ErrorType": refusal.kind}
            self.send(refusal.status, {"message": refusal.message}, {**kind, **refusal.headers})
        else:
            error = {"message": refusal.message, "type": refusal.kind, "code": refusal.kind or None}
            self.send(refusal.status, {"error": error}, refusal.headers)

    def send(self, status: int, body: Form, headers: dict[str, str] | None = None) -> None:
        """Send a response; ignore a client that closed the connection."""
        content = json.dumps(body).encode()
        try:
            self.send_response(status)
            fixed = {"Content-Type": "application/json", "Content-Length": str(len(content))}
            for name, value in {**fixed, **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)
        except ConnectionError:
            self.close_connection = True

    def send_chunks(self, media_type: str, chunks: list[bytes], *, is_whole: bool) -> None:
        """Send a response in HTTP chunks, each as a packet of its own; one that is not whole ends without the last."""
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for chunk in [*chunks, *([b""] if is_whole else [])]:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            self.wfile.flush()
        self.close_connection = not is_whole

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the parameter's name in the library
        """Log nothing."""


def _converse(reply: RawReply) -> Form:
    use = {"toolUse": {"toolUseId": "use-1", "name": reply.tool, "input": reply.form}}
    content = [use] if reply.tool else [{"text": reply.text}]
    stop = "max_tokens" if reply.is_cut else "tool_use" if reply.tool else "end_turn"
    usage = {"inputTokens": reply.input_tokens, "outputTokens": 20, "totalTokens": reply.input_tokens + 20}
    message = {"message": {"role": "assistant", "content": content}}
    return {"output": message, "stopReason": stop, "usage": usage, "metrics": {"latencyMs": 5}}


def make_completion(reply: RawReply, model: str) -> Form:
    """Return an answer in OpenAI's format."""
    call = {"name": reply.tool, "arguments": json.dumps(reply.form)}
    message: Form = {"role": "assistant", "content": None if reply.tool else reply.text}
    if reply.tool:
        message["tool_calls"] = [{"id": "call-1", "type": "function", "function": call}]
    stop = "length" if reply.is_cut else "tool_calls" if reply.tool else "stop"
    choice = {"index": 0, "message": message, "finish_reason": stop}
    usage = {"prompt_tokens": reply.input_tokens, "completion_tokens": 20, "total_tokens": reply.input_tokens + 20}
    return {"id": "1", "object": "chat.completion", "created": 1, "model": model, "choices": [choice], "usage": usage}
