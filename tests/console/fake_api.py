"""An API that answers a page as a test says: what a real one does rarely, and many jobs at no cost."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from local.console import Console
from local.server_process import HOST, free_port

from .thread_server import serve_in_thread

type Body = dict[str, Any]
type Answer = Body | tuple[int, Body] | Callable[[], Body | tuple[int, Body]]

LINKS: Body = {"self": "/jobs/a"}
EVIDENCE: Body = {"page": 1, "quote": "Total EUR 119.00", "confidence": 0.95, "box": [0.1, 0.2, 0.5, 0.25]}
# A page of a document: one white dot.
IMAGE = bytes.fromhex("52494646240000005745425056503820180000003001009d012a0100010002003425a400037000fefb940000")


def problem(status: int, code: str, sentence: str) -> tuple[int, Body]:
    """Return the answer for a problem."""
    return status, {"error": sentence, "code": code, "status": status}


def summary(job_id: str, state: str = "done", **fields: object) -> Body:
    """Return a job in a list."""
    usual = {"type": "invoice", "requesterId": "console", "createdAt": "2026-11-29T12:00:00.000+00:00"}
    return {"id": job_id, "state": state, **usual, **fields}


class FakeApi:
    """Answers by method and path, each a body, or a status and a body; a path without one is no route."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self.answers = dict(answers)
        self.sent: list[tuple[str, Any]] = []  # what was posted, with its path

    def install(self, site: "FakeSite") -> None:
        """Answer the requests of a site's page from now on."""
        site.api = self

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Answer one request."""
        path, content = request.rel_url.path, await request.read()
        if request.method == "POST":
            self.sent.append((path, json.loads(content) if content else None))
        answer = self.answers.get(f"{request.method} {path}", problem(404, "no_route", "Not found"))
        found = answer() if callable(answer) else answer
        status, body = found if isinstance(found, tuple) else (200, found)
        if path.partition("/pages/")[1] and status == HTTPStatus.OK:
            return web.Response(body=IMAGE, content_type="image/webp")
        # A browser would keep a 410 for the next test.
        return web.json_response(body, status=status, headers={"Cache-Control": "no-store"})


class FakeSite:
    """The console's page, beside the API that a test has installed.

    Both are served: a browser caches no file of a page whose requests the test itself answers.
    """

    def __init__(self, port: int) -> None:
        self.url: Final = f"http://{HOST}:{port}/"
        self.api = FakeApi({})
        self._console: Final = Console()

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        return await (self._console if self._console.handles(request) else self.api).answer(request)


@contextmanager
def serve_fake_site() -> Iterator[FakeSite]:
    """Serve a page with an API inside the block."""
    port = free_port()
    site = FakeSite(port)
    with serve_in_thread({port: site.answer}):
        yield site


def job(job_id: str, state: str = "done", **fields: object) -> Body:
    """Return a job as its own resource."""
    return {**summary(job_id, state), "links": LINKS, **fields}


def make_result(values: Body, evidence: Body | None = None, **fields: object) -> Body:
    """Return the status of a job that is done."""
    result = {
        "pageCount": 1, "summary": "An invoice.", "extractedData": values, "evidence": evidence or {}, "warnings": [],
        "analyzer": "extractive", "costUsd": 0.0,
    }  # fmt: skip
    return {"status": "done", "result": {**result, **fields}}


def history(*operations: Body, **fields: object) -> Body:
    """Return the history of a job that began at 1000 seconds."""
    return {"createdAt": 1000.0, "settledAt": 1010.0, "operations": list(operations), **fields}


def operation(name: str, kind: str = "step", begin: float = 1000.0, **fields: object) -> Body:
    """Return a call of a job."""
    usual = {"id": f"doc/a:{name}", "state": "resolved", "depth": 0, "createdAt": begin, "settledAt": begin + 1}
    return {"name": name, "kind": kind, **usual, **fields}
