"""A provider of language models on the loopback address: it speaks Bedrock's Converse and OpenAI's chat completions.

What it answers is decided by a test's function, which gets what the model would see. It counts what would be paid for.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.loopback import serve_http

type Form = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """A request, as either protocol has it."""

    path: str
    headers: dict[str, str]
    body: Form

    @property
    def instructions(self) -> str:
        """What the model is told."""
        if "system" in self.body:
            return "".join(part.get("text", "") for part in self.body["system"])
        return "".join(one["content"] for one in self.body["messages"] if one["role"] == "system")

    @property
    def text(self) -> str:
        """What the model is told it about."""
        content = self.body["messages"][-1]["content"]
        return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)

    @property
    def tools(self) -> list[Form]:
        """The tools that it is offered, by name and JSON schema."""
        if "toolConfig" in self.body:
            specs = [tool["toolSpec"] for tool in self.body["toolConfig"]["tools"]]
            return [{"name": spec["name"], "schema": spec["inputSchema"]["json"]} for spec in specs]
        functions = [tool["function"] for tool in self.body.get("tools", [])]
        return [{"name": one["name"], "schema": one["parameters"]} for one in functions]


@dataclass(frozen=True)
class Refusal:
    """Another answer than a form."""

    status: int
    kind: str = ""  # Bedrock's name of the error
    message: str = "no"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Talk:
    """A model that talks instead of filling in the form, or calls another tool, or is cut off."""

    text: str = "Hello!"
    tool: str | None = None
    form: Form = field(default_factory=dict)
    is_cut: bool = False
    read: int = 100  # tokens that it is charged for


type Reply = Form | Refusal | Talk


@dataclass
class Provider:
    """What it answers, and what it was asked."""

    answer: Callable[[Asked], Reply]
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    paid: int = 0  # answers that a provider charges for


@contextmanager
def providing(answer: Callable[[Asked], Reply]) -> Iterator[Provider]:
    """Serve until the block ends."""
    provider = Provider(answer)

    class Handler(_Handler):
        of = provider

    with serve_http(Handler) as host:
        provider.url = f"http://{host}"
        yield provider


class _Handler(BaseHTTPRequestHandler):
    of: Provider
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer in the protocol that the path belongs to."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = Asked(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        self.of.asked.append(asked)
        reply = self.of.answer(asked)
        speaks_converse = self.path.endswith("/converse")
        if isinstance(reply, Refusal):
            self.refuse(reply, speaks_converse=speaks_converse)
            return
        talk = reply if isinstance(reply, Talk) else Talk("", asked.tools[0]["name"], reply)
        self.of.paid += 1
        self.send(200, _converse(talk) if speaks_converse else _completion(talk, body["model"]))

    def refuse(self, refusal: Refusal, *, speaks_converse: bool) -> None:
        """Send an error as the protocol has it."""
        if speaks_converse:
            kind = {"x-amzn-ErrorType": refusal.kind}
            self.send(refusal.status, {"message": refusal.message}, {**kind, **refusal.headers})
        else:
            error = {"message": refusal.message, "type": refusal.kind, "code": refusal.kind or None}
            self.send(refusal.status, {"error": error}, refusal.headers)

    def send(self, status: int, body: Form, headers: dict[str, str] | None = None) -> None:
        """Send an answer; who asked may be gone."""
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

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 as it is named there
        """Say nothing."""


def _converse(talk: Talk) -> Form:
    use = {"toolUse": {"toolUseId": "use-1", "name": talk.tool, "input": talk.form}}
    content = [use] if talk.tool else [{"text": talk.text}]
    stop = "max_tokens" if talk.is_cut else "tool_use" if talk.tool else "end_turn"
    usage = {"inputTokens": talk.read, "outputTokens": 20, "totalTokens": talk.read + 20}
    message = {"message": {"role": "assistant", "content": content}}
    return {"output": message, "stopReason": stop, "usage": usage, "metrics": {"latencyMs": 5}}


def _completion(talk: Talk, model: str) -> Form:
    call = {"name": talk.tool, "arguments": json.dumps(talk.form)}
    message: Form = {"role": "assistant", "content": None if talk.tool else talk.text}
    if talk.tool:
        message["tool_calls"] = [{"id": "call-1", "type": "function", "function": call}]
    stop = "length" if talk.is_cut else "tool_calls" if talk.tool else "stop"
    choice = {"index": 0, "message": message, "finish_reason": stop}
    usage = {"prompt_tokens": talk.read, "completion_tokens": 20, "total_tokens": talk.read + 20}
    return {"id": "1", "object": "chat.completion", "created": 1, "model": model, "choices": [choice], "usage": usage}
