"""The page behind a link to a decision: the question and two buttons. It has no script and loads nothing.

Only its form decides: mail programs that check links open them, but send no forms.
"""

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape
from http import HTTPStatus
from typing import Any, Final

from contract.answers import DecisionDetails, Reason
from contract.decision import MAX_COMMENT, MAX_REVIEWER
from contract.job import MAX_COST_USD

from .gateway import Page, Response

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{text-align:left;padding:.2rem .8rem .2rem 0;vertical-align:top}"
    "label{display:block;margin:.6rem 0}button{font:inherit;margin-right:1rem;padding:.3rem 1.2rem}"
)
_STYLE_HASH: Final = b64encode(sha256(_STYLE.encode()).digest()).decode()
_HEADERS: Final = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",  # the address has the token
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_TITLES: Final = {Reason.COST: "A job needs a higher cost limit", Reason.REVIEW: "Findings to review"}


def make_message(status: HTTPStatus, sentence: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return a page that only says something."""
    return _make_response(status, "A decision", f"<p>{escape(sentence)}</p>", headers)


def make_question(details: DecisionDetails) -> Response:
    """Return the page that asks."""
    title = f"{_TITLES[details.reason]}: {details.job_id}"
    until = f"<p>Until {escape(details.until)}. Without an answer the job ends as its request says.</p>"
    body = f"<p>{escape(details.message or 'GET /status of the job shows the question.')}</p>{until}"
    return _make_response(HTTPStatus.OK, title, body + _make_table(details.findings) + _make_form(details.reason))


def _make_table(findings: tuple[dict[str, Any], ...]) -> str:
    if not findings:
        return ""
    head = "".join(f"<th>{name}</th>" for name in ("field", "value", "confidence", "page", "quote"))
    return f"<table><tr>{head}</tr>{''.join(map(_make_row, findings))}</table>"


def _make_row(finding: Mapping[str, Any]) -> str:
    evidence = finding.get("evidence") or {}
    confidence = evidence.get("confidence")
    shown = "unknown" if confidence is None else f"{confidence:.2f}"
    cells = (finding.get("field"), finding.get("value"), shown, evidence.get("page"), evidence.get("quote"))
    return f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in cells)}</tr>"


def _make_form(reason: Reason) -> str:
    number = f'<input name="maxCostUsd" type="number" min="0" max="{MAX_COST_USD}" step="any">'
    limit = f"<label>New limit of the whole job in USD {number}</label>"
    return (
        '<form method="post">'
        f"{limit if reason is Reason.COST else ''}"
        f'<label>Your name <input name="reviewer" maxlength="{MAX_REVIEWER}"></label>'
        f'<label>Comment <input name="comment" maxlength="{MAX_COMMENT}" size="60"></label>'
        '<button name="decision" value="approve">Approve</button>'
        '<button name="decision" value="reject">Reject</button></form>'
    )


def _make_response(status: HTTPStatus, title: str, body: str, headers: Mapping[str, str] | None = None) -> Response:
    html = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body><h1>{escape(title)}</h1>{body}</body></html>"
    )
    return Response(status, Page(html), {**_HEADERS, **(headers or {})})
