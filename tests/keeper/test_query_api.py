"""The keeper's port: who is answered, and what is said when a query or the database is at fault."""

import asyncio
import json
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer

from contract.environment import SettingsError
from contract.job_lists import JobSummary
from contract.keeper import JobQuery, NumbersQuery, Rows
from contract.numbers import Numbers
from keeper.errors import AbortedError, UnavailableError
from keeper.queries.figures import summarize
from keeper.queries.http_api import MAX_BODY_BYTES, QueryApi, is_local
from keeper.queries.port import JobIndex
from keeper.queries.sql_job_index import SqlJobIndex
from keeper.queries.sqlite import SqliteFile, SqliteIndexBuilder
from keeper.queries.tokens import TokenCheck
from keeper.settings import TokenSettings
from lambdas.keys.key_pair import Claims, KeyPair
from local.server_process import HOST, EmbeddedProgram
from tests.conftest import StartServer

TRIGGER = Claims(issuer="longhand", audience="resonate", subject="Trigger")
KEYS = KeyPair.generate()
JSON = {"Content-Type": "application/json"}
ALL_JOBS = json.dumps({"kind": "jobs"}).encode()


@dataclass
class FailingIndex:
    """An index that answers a list of jobs with nothing, or with an error."""

    error: Exception | None = None

    async def list_jobs(self, query: JobQuery) -> Rows[JobSummary]:
        assert query.limit <= 200
        if self.error:
            raise self.error
        return Rows(rows=())

    list_decisions = count_open = count_recent = count_states = read_tree = list_jobs


def send(
    body: bytes = ALL_JOBS,
    headers: Mapping[str, str] = JSON,
    *,
    index: Any = None,  # noqa: ANN401 a JobIndex in part
    is_allowed: Callable[[web.Request], bool] = is_local,
    path: str = "/",
) -> tuple[int, dict[str, Any], Mapping[str, str]]:
    """Send one request to the application; return status, body and headers."""

    async def run() -> tuple[int, dict[str, Any], Mapping[str, str]]:
        runner = web.AppRunner(QueryApi(index or cast("JobIndex", FailingIndex()), is_allowed).make_app())
        await runner.setup()
        site = web.TCPSite(runner, HOST, 0)
        await site.start()
        address = f"http://{HOST}:{runner.addresses[0][1]}{path}"
        try:
            async with ClientSession() as session, session.post(address, data=body, headers=headers) as response:
                text = await response.text()
                return response.status, json.loads(text) if text.startswith("{") else {}, response.headers
        finally:
            await runner.cleanup()

    return asyncio.run(run())


def check_tokens(public_key: str = KEYS.public_pem) -> Callable[[web.Request], bool]:
    settings = TokenSettings(public_key=public_key, issuer="longhand", audience="resonate", subject="Trigger")
    check = TokenCheck.of(settings)
    return lambda request: check.is_valid(request.headers.get("Authorization", ""))


def sign(
    keys: KeyPair = KEYS, *, issuer: str = "longhand", audience: str = "resonate", subject: str = "Trigger"
) -> str:
    return f"Bearer {keys.sign_token(Claims(issuer=issuer, audience=audience, subject=subject), now=time.time())}"


def test_the_triggers_token_is_taken() -> None:
    assert send(headers={**JSON, "Authorization": sign()}, is_allowed=check_tokens())[:2] == (200, {"rows": []})


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer ",
        "Bearer none",
        sign().removeprefix("Bearer "),
        sign(KeyPair.generate()),
        sign(issuer="other"),
        sign(audience="other"),
        sign(subject="Worker"),
        f"Bearer {KEYS.sign_token(TRIGGER, now=0)}",  # it has expired
        sign() + "x",
    ],
)
def test_no_other_token_is_taken(authorization: str) -> None:
    status, body, _ = send(headers={**JSON, "Authorization": authorization}, is_allowed=check_tokens())
    assert (status, body) == (401, {"error": "the token was refused"})


@pytest.mark.parametrize("key", ["none", KEYS.public_pem.replace("MC", "MD")])
def test_a_key_that_is_none_is_named(key: str) -> None:
    with pytest.raises(SettingsError, match=r"^PUBLIC_KEY"):
        check_tokens(key)


def test_without_a_key_only_requests_to_this_machine_are_answered() -> None:
    """A foreign page whose name leads here sends its own name, and cannot send JSON without being asked."""
    assert send()[0] == 200
    assert send(headers={**JSON, "Host": "evil.example:80"})[0] == 401
    assert send(headers={"Content-Type": "text/plain"})[0] == 415


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[",
        b"\xff",
        b"[" * 10_000,
        b'{"kind": "promises"}',
        b'{"kind": "jobs", "limit": 0}',
        b'{"kind": "jobs", "limit": 201}',
        b'{"kind": "jobs", "limit": "5"}',
        b'{"kind": "jobs", "state": "lost"}',
        b'{"kind": "decisions", "limit": 0}',
        b'{"kind": "count", "requesterId": "me", "most": 0}',
        b'{"kind": "count"}',
        b'{"kind": "tree"}',
        b'{"kind": "numbers", "since": 0, "until": 1}',
        b'{"kind": "numbers", "since": 0, "until": 1, "period": "week"}',
    ],
)
def test_a_query_that_is_none_is_refused(body: bytes) -> None:
    status, answer, _ = send(body)
    assert status == 400
    assert answer["error"]


def test_a_body_that_no_query_has_is_not_read() -> None:
    assert send(b" " * (MAX_BODY_BYTES + 1) + ALL_JOBS)[0] == 413


@pytest.mark.parametrize("error", [UnavailableError("db.internal is away"), AbortedError("statement timeout")])
def test_while_the_database_is_away_the_answer_is_503_without_its_address(error: Exception) -> None:
    status, body, headers = send(index=FailingIndex(error))
    assert (status, body) == (503, {"error": "the database does not answer"})
    assert int(headers["Retry-After"]) > 0


def test_no_more_than_two_queries_count_at_a_time() -> None:
    """Lists are answered meanwhile. As soon as one has been counted, the next is."""
    body = json.dumps({"kind": "numbers", "since": 0, "until": 1, "period": "day"}).encode()
    index = CountingIndex()

    async def run() -> list[int]:
        async with TestClient(TestServer(QueryApi(cast("JobIndex", index), is_local).make_app())) as client:
            counting = [asyncio.create_task(client.post("/", data=body, headers=JSON)) for _ in range(2)]
            await index.are_both_here.wait()
            refused, listed = [await client.post("/", data=one, headers=JSON) for one in (body, ALL_JOBS)]
            index.may_end.set()
            counted = [await one for one in counting]
            last = await client.post("/", data=body, headers=JSON)
            assert int(refused.headers["Retry-After"]) > 0
            return [one.status for one in (refused, listed, *counted, last)]

    assert asyncio.run(run()) == [503, 200, 200, 200, 200]


@dataclass
class CountingIndex(FailingIndex):
    """An index that counts until it is allowed to end."""

    counting: int = 0
    are_both_here: asyncio.Event = field(default_factory=asyncio.Event)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)

    async def read_numbers(self, query: NumbersQuery) -> Numbers:
        self.counting += 1
        if self.counting == 2:
            self.are_both_here.set()
        await self.may_end.wait()
        return summarize([], query, begin=query.since)


def on_embedded(
    start_server: StartServer, folder: Path, work: Callable[[JobIndex], Awaitable[Any]], **options: int
) -> Any:  # noqa: ANN401 what the work returns
    """Do the work with an index on the database of an embedded server."""
    start_server(EmbeddedProgram(), folder=folder)

    async def run() -> Any:  # noqa: ANN401 as above
        builder = SqliteIndexBuilder(folder / "server.db")
        await builder.run()
        with closing(SqliteFile(folder / "server.db", builder.conditions, **options)) as statements:
            return await work(SqlJobIndex(statements))

    return asyncio.run(run())


def test_a_database_that_another_program_has_locked_is_still_read(start_server: StartServer, tmp_path: Path) -> None:
    """In SQLite's write-ahead log a writer blocks no reader."""

    async def work(index: JobIndex) -> Rows[JobSummary]:
        with closing(sqlite3.connect(tmp_path / "server.db", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            return await index.list_jobs(JobQuery())

    assert on_embedded(start_server, tmp_path, work) == Rows(rows=())


def test_a_query_that_takes_too_many_steps_is_aborted(start_server: StartServer, tmp_path: Path) -> None:
    """As one would that reads the whole table."""

    async def work(index: JobIndex) -> None:
        assert isinstance(index, SqlJobIndex)
        numbers = "WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"
        with pytest.raises(AbortedError):
            await index.statements.rows(numbers)
        assert await index.list_jobs(JobQuery()) == Rows(rows=()), "the next query is answered"

    on_embedded(start_server, tmp_path, work, max_steps=1_000_000)


@pytest.mark.parametrize("content", [None, b"", b"no database at all" * 100])
def test_a_file_without_the_servers_tables_is_unavailable(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "server.db"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UnavailableError):
        asyncio.run(SqliteIndexBuilder(file).run())
    assert file.exists() is (content is not None), "the keeper makes no file"
