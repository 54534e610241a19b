"""GET /numbers: figures of jobs from the server's own records, which the keeper counts.

The number of rows is limited. A caller with a requester of its own gets figures of that requester's jobs only. For
another requester it gets the figures of zero jobs.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from contract.keeper import NumbersQuery
from contract.numbers import Numbers, Period
from contract.times import format_ms

from .errors import bad_request
from .gateway import Request, Response
from .keeper_client import ask_keepers
from .list_query import Reader, parse_parameters, read_requester, read_time
from .merged_numbers import count_jobs
from .ports import Ports
from .request import quote

_DAY_MS: Final = Period.DAY.milliseconds
_MAX_HOURS_MS: Final = 2 * _DAY_MS  # a longer stretch is counted by days, if the client says nothing


def answer(ports: Ports, request: Request) -> Response:
    """Answer with figures of the jobs that were created in a stretch of time."""
    query = _parse(request, now=int(ports.clock.now() * 1_000))
    if not request.caller.may_reach(query.requester_id):
        return Response(HTTPStatus.OK, _count_nothing(query))
    numbers = count_jobs(lambda asked: ask_keepers(ports, asked, Numbers), query)
    return Response(HTTPStatus.OK, numbers)


def _parse(request: Request, *, now: int) -> NumbersQuery:
    values = parse_parameters(request.query, _PARAMETERS)
    until = max(0, values.get("until", now))
    since = max(0, values.get("since", until - _DAY_MS))
    usual = Period.HOUR if until - since <= _MAX_HOURS_MS else Period.DAY
    requester = values.get("requesterId", request.caller.requester_id)
    return NumbersQuery(since=since, until=until, period=values.get("period", usual), requester_id=requester)


def _count_nothing(query: NumbersQuery) -> Numbers:
    since = format_ms(query.since)
    return Numbers(
        since=since,
        begin=since,
        until=format_ms(query.until),
        period=query.period,
        is_complete=True,
        jobs=(),
        failures=(),
    )


def _read_period(name: str, value: str) -> Period:
    if value not in list(Period):
        raise bad_request(f"{name} must be one of {', '.join(Period)}, not {quote(value)}")
    return Period(value)


_PARAMETERS: Final[Mapping[str, Reader]] = {
    "since": read_time,
    "until": read_time,
    "period": _read_period,
    "requesterId": read_requester,
}
