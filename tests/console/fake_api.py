"""An API that answers a page as a test says: what a real one does rarely, and many jobs at no cost."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from playwright.sync_api import Page, Route

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

    def install(self, page: Page) -> None:
        """Answer the requests of a page."""
        page.route(re.compile(r"/(jobs|decisions|status|types|uploads)(\b|/)"), self._answer)

    def _answer(self, route: Route) -> None:
        request = route.request
        path = unquote(urlsplit(request.url).path)
        if request.method == "POST":
            self.sent.append((path, request.post_data_json))
        answer = self.answers.get(f"{request.method} {path}", problem(404, "no_route", "Not found"))
        found = answer() if callable(answer) else answer
        status, body = found if isinstance(found, tuple) else (200, found)
        if path.partition("/pages/")[1] and status == 200:
            route.fulfill(status=200, content_type="image/webp", body=IMAGE)
        else:
            route.fulfill(status=status, content_type="application/json", body=json.dumps(body))


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
