"""The group `api`: HTTP routes that start jobs, show them and answer their questions. It runs no workflow itself."""

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from pydantic import BaseModel, ValidationError

from durable import parse_error
from durable.wire.callbacks import answer
from durable.wire.client import Client
from durable.wire.errors import Conflict, NotFound, Unavailable
from durable.wire.records import Promise, error_text

from .agreement import WORKERS, Accounts, Review, name_question

_JOB_SECONDS: Final = 7 * 86_400
_MAX_WAIT_SECONDS: Final = 10
_MAX_BODY_BYTES: Final = 64 * 1024

_SIZE: Final = re.compile(r"[0-9]{1,18}")
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")  # a ":" in the id of a promise leads to a step of its job

type Reply = tuple[HTTPStatus, object]


class Decision(BaseModel, frozen=True, extra="forbid", strict=True):
    """What an approver says about a job."""

    job: str
    approved: bool


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request, as far as the routes read it."""

    method: str
    path: list[str]
    query: dict[str, list[str]]
    key: str  # of the client, or a new one
    body: bytes


class Api:
    """The routes."""

    def __init__(self, client: Client) -> None:
        self._client: Final = client

    def reply(self, request: Request) -> Reply:
        """Reply to a request; the text of an error says what to do."""
        try:
            return self._route(request)
        except ValidationError as error:
            flaws = "; ".join(f"{'.'.join(map(str, flaw['loc'])) or 'body'}: {flaw['msg']}" for flaw in error.errors())
            return _refuse(HTTPStatus.BAD_REQUEST, "bad_request", flaws)
        except NotFound as error:
            return _refuse(HTTPStatus.NOT_FOUND, "not_found", error.reason)
        except Conflict as error:
            return _refuse(HTTPStatus.CONFLICT, "conflict", error.reason)
        except Unavailable:
            return _refuse(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "the server does not answer: try again")

    def _route(self, request: Request) -> Reply:
        match request.method, request.path:
            case "POST", ["jobs"]:
                return self._start(request.key, "process-job", Review.model_validate_json(request.body))
            case "POST", ["totals"]:
                return self._start(request.key, "total-balance", Accounts.model_validate_json(request.body))
            case "GET", ["jobs", job] if _KEY.fullmatch(job):
                return self._show(job, request.query)
            case "POST", ["webhooks", "approval"]:
                return self._decide(Decision.model_validate_json(request.body))
        return _refuse(HTTPStatus.NOT_FOUND, "no_route", "POST /jobs, /totals, /webhooks/approval or GET /jobs/<id>")

    def _start(self, key: str, workflow: str, wanted: BaseModel) -> Reply:
        """Start a job, once for each key."""
        if not _KEY.fullmatch(key):
            return _refuse(HTTPStatus.BAD_REQUEST, "bad_request", f"Idempotency-Key must match {_KEY.pattern}")
        promise = self._client.start(
            f"job/{key}", workflow, wanted, target=f"poll://any@{WORKERS}", timeout=_JOB_SECONDS
        )
        call = promise.param.decode()
        if (call["func"], call["args"]) != (workflow, [wanted.model_dump(mode="json")]):
            raise Conflict(HTTPStatus.CONFLICT, f"{key} is the key of another request")
        return HTTPStatus.ACCEPTED, {"id": key}

    def _show(self, job: str, query: dict[str, list[str]]) -> Reply:
        """Show a job; with `?wait=5` after its end, or after so many seconds."""
        try:
            seconds = min(int(query.get("wait", ["0"])[0]), _MAX_WAIT_SECONDS)
            promise = self._client.wait(f"job/{job}", timeout=seconds)
        except ValueError:
            return _refuse(HTTPStatus.BAD_REQUEST, "bad_request", "wait is a whole number of seconds")
        except TimeoutError:
            return HTTPStatus.OK, {"id": job, "status": "running"}
        return HTTPStatus.OK, {"id": job, **_describe(promise)}

    def _decide(self, decision: Decision) -> Reply:
        """Answer the question of a job. No other promise can be settled from here."""
        answer(self._client, name_question(f"job/{decision.job}"), decision.approved)
        return HTTPStatus.NO_CONTENT, None


def _describe(promise: Promise) -> dict[str, Any]:
    value = promise.value.decode()
    if promise.state == "resolved":
        return {"status": "done", "result": value}
    text = error_text(value)
    error = parse_error(text) if text else None
    return {
        "status": "failed",
        "error": {
            "code": error.code if error else promise.state,
            "message": error.message if error else "the job was canceled, or its time is over",
        },
    }


def _refuse(status: HTTPStatus, code: str, message: str) -> Reply:
    return status, {"error": {"code": code, "message": message}}


def _refuse_size(size: str) -> Reply | None:
    """Return the reply to a body that is not read, if this is its Content-Length."""
    if not _SIZE.fullmatch(size):
        return _refuse(HTTPStatus.BAD_REQUEST, "bad_request", "Content-Length is a whole number of bytes")
    if int(size) > _MAX_BODY_BYTES:
        return _refuse(HTTPStatus.CONTENT_TOO_LARGE, "too_large", f"at most {_MAX_BODY_BYTES} bytes")
    return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "ApiServer"

    def _handle(self) -> None:
        size = self.headers.get("Content-Length", "0")
        if refusal := _refuse_size(size):
            self.close_connection = True  # the body stays unread
            self._send(*refusal)
            return
        url = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=url.path.strip("/").split("/"),
            query=parse_qs(url.query),
            key=self.headers.get("Idempotency-Key") or str(uuid4()),
            body=self.rfile.read(int(size)),
        )
        self._send(*self.server.api.reply(request))

    do_GET = do_POST = _handle  # noqa: N815 http.server calls these names

    def _send(self, status: HTTPStatus, content: object) -> None:
        body = b"" if status == HTTPStatus.NO_CONTENT else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class ApiServer(ThreadingHTTPServer):
    """The routes on a port of the loopback address."""

    daemon_threads = True

    def __init__(self, client: Client, port: int) -> None:
        self.api: Final = Api(client)
        super().__init__(("127.0.0.1", port), _Handler)
