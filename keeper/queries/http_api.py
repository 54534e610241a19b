"""The private port: POST / with a query as JSON. Only the trigger reaches it; on a laptop only this machine does."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from aiohttp import web

from contract.api_value import ApiValue, read_json
from contract.job_lists import MAX_LIMIT
from contract.keeper import (
    MAX_COUNT,
    AnyQuery,
    CountQuery,
    DecisionQuery,
    JobQuery,
    NumbersQuery,
    RecentQuery,
    StateCountQuery,
    TreeQuery,
)
from contract.numbers import Numbers
from keeper.errors import AbortedError, UnavailableError
from keeper.logs import log_event

from .port import JobIndex

READY: Final = "/ready"
MAX_BODY_BYTES: Final = 16_384  # a query has at most a few texts
_MAX_WAITING: Final = 32  # queries at a time: while the database is slow, more queries would only wait
_MAX_COUNTING: Final = 2  # queries for numbers at a time: each takes a second
_RETRY_AFTER_SECONDS: Final = 2
_LOOPBACK_HOSTS: Final = ("127.0.0.1", "localhost")

type IsAllowed = Callable[[web.Request], bool]


class _BadQueryError(ValueError):
    """The query is of an unknown kind, or has a wrong value."""


class _BusyError(Exception):
    """Enough queries of this kind are being answered."""


@dataclass
class QueryApi:
    """Answers queries from an index. `is_allowed` decides by the request's headers."""

    index: JobIndex
    is_allowed: IsAllowed
    _permits: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_MAX_WAITING))
    _counting_permits: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_MAX_COUNTING))

    def make_app(self) -> web.Application:
        """Return the application for the running loop."""
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.add_routes([web.post("/", self._answer), web.get(READY, self._answer_ready)])
        return app

    async def _answer(self, request: web.Request) -> web.Response:
        if not self.is_allowed(request):
            return _refuse(HTTPStatus.UNAUTHORIZED, "the token was refused")
        if request.content_type != "application/json":  # a web page could send other types without a preflight request
            return _refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a query is application/json")
        if self._permits.locked():
            return _refuse_for_now("too many queries wait for the database")
        async with self._permits:
            return await _answer_in_words(self._ask(await request.read()))

    async def _answer_ready(self, _: web.Request) -> web.Response:
        return await _answer_in_words(self.index.list_jobs(JobQuery(limit=1)))

    async def _ask(self, body: bytes) -> ApiValue:  # noqa: PLR0911 - a case for each kind of query
        match _parse(body):
            case JobQuery() as query:
                return await self.index.list_jobs(query)
            case DecisionQuery() as query:
                return await self.index.list_decisions(query)
            case CountQuery() as query:
                return await self.index.count_open(query)
            case RecentQuery() as query:
                return await self.index.list_recent(query)
            case StateCountQuery() as query:
                return await self.index.count_states(query)
            case TreeQuery() as query:
                return await self.index.read_tree(query)
            case NumbersQuery() as query:
                return await self._count(query)

    async def _count(self, query: NumbersQuery) -> Numbers:
        if self._counting_permits.locked():
            raise _BusyError
        async with self._counting_permits:
            return await self.index.read_numbers(query)


async def _answer_in_words(answer: Awaitable[ApiValue]) -> web.Response:
    try:
        found = await answer
    except _BadQueryError as error:
        return _refuse(HTTPStatus.BAD_REQUEST, str(error))
    except _BusyError:
        return _refuse_for_now("numbers are being counted for others")
    except (UnavailableError, AbortedError) as error:
        log_event(logging.WARNING, "a query was not answered", reason=str(error).strip())
        return _refuse_for_now("the database does not answer")
    return web.Response(body=found.to_json(), content_type="application/json")


def _parse(body: bytes) -> AnyQuery:
    try:
        query: AnyQuery = read_json(body, AnyQuery.__value__)
    except ValueError as error:
        raise _BadQueryError(str(error)) from error
    if isinstance(query, JobQuery | DecisionQuery) and not 1 <= query.limit <= MAX_LIMIT:
        raise _BadQueryError(f"limit must be from 1 to {MAX_LIMIT}")
    if isinstance(query, CountQuery | RecentQuery) and not 1 <= query.most <= MAX_COUNT:
        raise _BadQueryError(f"most must be from 1 to {MAX_COUNT}")
    return query


def is_local(request: web.Request) -> bool:
    """Whether a request names this machine. A foreign page behind DNS rebinding names its own host."""
    return request.host.rpartition(":")[0] in _LOOPBACK_HOSTS


def _refuse(status: HTTPStatus, sentence: str) -> web.Response:
    return web.json_response({"error": sentence}, status=status)


def _refuse_for_now(sentence: str) -> web.Response:
    headers = {"Retry-After": str(_RETRY_AFTER_SECONDS)}
    return web.json_response({"error": sentence}, status=HTTPStatus.SERVICE_UNAVAILABLE, headers=headers)
