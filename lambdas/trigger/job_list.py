"""GET /jobs and GET /decisions: lists from the server's own records, which the keeper reads. Each page is a few rows.

A caller with a requester of its own sees that requester's jobs only. Its list of another requester's jobs is empty.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

from contract.job_lists import DecisionPage, JobPage, JobSummary, OpenDecision
from contract.keeper import DecisionQuery, JobQuery, Position, Rows

from .cursors import read_cursor, write_cursor
from .gateway import Request, Response
from .keeper_client import ask_keepers
from .list_query import CURSOR, DECISION_FILTERS, JOB_FILTERS, ListQuery, parse_list
from .merged_rows import merge_rows
from .ports import Ports

_REQUESTER: Final = "requesterId"


def answer_jobs(ports: Ports, request: Request) -> Response:
    """Answer with a page of jobs."""
    query = parse_list(request.query, JOB_FILTERS)
    filters, after = _narrow(request, query)
    if not request.caller.may_reach(filters.get(_REQUESTER)):
        return Response(HTTPStatus.OK, JobPage(jobs=()))
    asked = JobQuery(
        state=filters.get("state"),
        type=filters.get("type"),
        requester_id=filters.get(_REQUESTER),
        batch=filters.get("batch"),
        since=filters.get("since"),
        after=after,
        limit=query.limit,
        with_places=bool(ports.other_keepers),
    )
    found = merge_rows(ask_keepers(ports, asked, Rows[JobSummary]), query.limit)
    cursor = write_cursor(found.after, filters)
    return Response(HTTPStatus.OK, JobPage(jobs=found.rows, cursor=cursor), _link(request, cursor))


def answer_decisions(ports: Ports, request: Request) -> Response:
    """Answer with a page of open decisions."""
    query = parse_list(request.query, DECISION_FILTERS)
    filters, after = _narrow(request, query)
    if not request.caller.may_reach(filters.get(_REQUESTER)):
        return Response(HTTPStatus.OK, DecisionPage(decisions=()))
    asked = DecisionQuery(
        requester_id=filters.get(_REQUESTER), after=after, limit=query.limit, with_places=bool(ports.other_keepers)
    )
    found = merge_rows(ask_keepers(ports, asked, Rows[OpenDecision]), query.limit)
    cursor = write_cursor(found.after, filters)
    return Response(HTTPStatus.OK, DecisionPage(decisions=found.rows, cursor=cursor), _link(request, cursor))


def _narrow(request: Request, query: ListQuery) -> tuple[Mapping[str, Any], Position | None]:
    """Return the filters with the caller's requester, and where the page begins."""
    own = {} if request.caller.requester_id is None else {_REQUESTER: request.caller.requester_id}
    filters = {"list": request.path, **own, **query.filters}
    return filters, read_cursor(query.cursor, filters)


def _link(request: Request, cursor: str | None) -> Mapping[str, str]:
    """Return the header that leads to the next page."""
    if cursor is None:
        return {}
    query = urlencode({**request.query, CURSOR: cursor}, quote_via=quote)
    return {"Link": f'<{request.path}?{query}>; rel="next"'}
