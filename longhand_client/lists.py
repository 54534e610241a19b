"""The operations that list types, jobs and decisions, page by page or all along the cursors, and that count jobs."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from contract.answers import JobState
from contract.document_types import DocumentTypes
from contract.job_lists import DecisionPage, JobPage, JobSummary, OpenDecision
from contract.numbers import Numbers, Period

from .exchange import Item, Operation, Request, Stream
from .sending import ask


def list_types() -> Operation[DocumentTypes]:
    """Return the types of documents that a job may have, those of the deployment's own files among them."""
    found: DocumentTypes = yield from ask(_get("/types", {}), DocumentTypes)
    return found


def list_jobs(  # noqa: PLR0913 - the filters, by name
    *,
    state: JobState | None = None,
    type: str | None = None,  # noqa: A002 - the API's name
    requester_id: str | None = None,
    since: str | None = None,
    batch: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Operation[JobPage]:
    """Return a page of jobs, the newest first. One with a cursor may have few jobs, or none, and still a next page."""
    filters = {"state": state, "type": type, "requesterId": requester_id, "since": since, "batch": batch}
    page: JobPage = yield from ask(_get("/jobs", {**filters, "limit": limit, "cursor": cursor}), JobPage)
    return page


def iterate_jobs(  # noqa: PLR0913 - as above
    *,
    state: JobState | None = None,
    type: str | None = None,  # noqa: A002 - as above
    requester_id: str | None = None,
    since: str | None = None,
    batch: str | None = None,
    page_size: int | None = None,
) -> Stream[JobSummary]:
    """Yield all these jobs, the newest first; each page is read when it is needed."""
    cursor: str | None = None
    while True:
        page = yield from list_jobs(
            state=state,
            type=type,
            requester_id=requester_id,
            since=since,
            batch=batch,
            limit=page_size,
            cursor=cursor,
        )
        for job in page.jobs:
            yield Item(job)
        cursor = page.cursor
        if cursor is None:
            return None


def list_decisions(
    *, requester_id: str | None = None, limit: int | None = None, cursor: str | None = None
) -> Operation[DecisionPage]:
    """Return a page of the decisions that jobs wait for, the newest first."""
    parameters = {"state": "open", "requesterId": requester_id, "limit": limit, "cursor": cursor}
    page: DecisionPage = yield from ask(_get("/decisions", parameters), DecisionPage)
    return page


def iterate_decisions(*, requester_id: str | None = None, page_size: int | None = None) -> Stream[OpenDecision]:
    """Yield all open decisions, the newest first."""
    cursor: str | None = None
    while True:
        page = yield from list_decisions(requester_id=requester_id, limit=page_size, cursor=cursor)
        for decision in page.decisions:
            yield Item(decision)
        cursor = page.cursor
        if cursor is None:
            return None


def numbers(
    *,
    since: str | None = None,
    until: str | None = None,
    period: Period | None = None,
    requester_id: str | None = None,
) -> Operation[Numbers]:
    """Count the jobs that were created in a stretch of time. Of very many, the newest are counted."""
    parameters = {"since": since, "until": until, "period": period, "requesterId": requester_id}
    found: Numbers = yield from ask(_get("/numbers", parameters), Numbers)
    return found


def _get(path: str, parameters: Mapping[str, str | int | None]) -> Request:
    given = {name: value for name, value in parameters.items() if value is not None}
    query = urlencode(given, quote_via=quote)  # a "+" for a blank would break the signature
    return Request(method="GET", path=f"{path}?{query}" if query else path)
