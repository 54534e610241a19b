"""A turn: several requests share one commit, each is answered after it, and a failure costs only its own request."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec import json

from durable.embedded.embedded import EmbeddedServer, Reply
from durable.embedded.push import Push
from durable.embedded.store import Store
from durable.embedded.streams import Streams
from durable.embedded.turns import Turns, Waiting
from durable.wire.envelope import VERSION, Head, encode_request
from durable.wire.requests import PromiseCreate, PromiseGet, PromiseSettle, Request, TaskAcquire

from .conftest import FAIL_COMMIT, Ask, Clock

NAMES = ["a", "b", "c"]
NONE = Reply(0, b"")
BAD = "bad"
# What a full disk does to any write, this does to one.
FAIL = f"CREATE TRIGGER fail BEFORE INSERT ON promises WHEN NEW.id = '{BAD}' BEGIN SELECT RAISE(ABORT, 'no'); END"


def creation(name: str) -> bytes:
    """Return a request that creates a task; its id is its correlation id, too."""
    return encode(PromiseCreate(id=name, timeout_at=2**52, tags={"resonate:target": "poll://any@g"}), name)


def encode(request: Request, corr_id: str = "1") -> bytes:
    return encode_request(request.kind, Head(corr_id=corr_id, version=VERSION), request)


def statuses(replies: list[Reply]) -> list[tuple[str, int]]:
    heads = [json.decode(reply.body)["head"] for reply in replies]
    return [(head["corrId"], head["status"]) for head in heads]


@pytest.fixture
def commits(store: Store) -> Iterator[list[str]]:
    """The commits so far."""
    seen: list[str] = []
    store.connection.set_trace_callback(lambda sql: seen.append(sql) if sql == "COMMIT" else None)
    yield seen
    store.connection.set_trace_callback(None)


def test_the_requests_of_a_turn_share_one_commit(embedded_server: EmbeddedServer, commits: list[str]) -> None:
    """Their messages, too; replies come in the order of the requests."""
    turn = embedded_server.take_turn([creation(name) for name in NAMES], 10)
    assert statuses(turn.replies) == [(name, 200) for name in NAMES]
    assert len(turn.messages) == len(NAMES)
    assert len(commits) == 1


def test_a_failed_request_costs_no_other(embedded_server: EmbeddedServer, store: Store, ask: Ask) -> None:
    """Each message comes once, and the client of the failed request may retry."""
    store.sql(FAIL)
    turn = embedded_server.take_turn([creation("a"), creation(BAD), b"no request", creation("c")], 10)
    assert statuses(turn.replies) == [("a", 200), (BAD, 500), ("0", 400), ("c", 200)]
    assert len(turn.messages) == 2
    store.sql("DROP TRIGGER fail")
    assert ask(PromiseCreate(id=BAD, timeout_at=2**52))[0] == 200


def test_messages_of_a_turn_whose_commit_fails_come_in_the_next(embedded_server: EmbeddedServer, store: Store) -> None:
    embedded_server.reply(creation("a"))
    for sql in FAIL_COMMIT:
        store.sql(sql)
    assert embedded_server.take_turn([creation(BAD)], 10).messages == []
    assert embedded_server.has_messages
    assert len(embedded_server.take_turn([], 10).messages) == 1


def test_messages_beyond_a_turns_limit_wait_for_the_next(embedded_server: EmbeddedServer) -> None:
    embedded_server.take_turn([], 1)  # from now on, messages that leave at once are not written
    assert len(embedded_server.take_turn([creation(name) for name in NAMES], 2).messages) == 2
    assert embedded_server.has_messages
    assert len(embedded_server.take_turn([], 2).messages) == 1
    assert not embedded_server.has_messages


def test_an_answer_is_sent_after_its_commit(embedded_server: EmbeddedServer, tmp_path: Path) -> None:
    """Another connection to the database, which sees only what is committed, sees it then."""
    answered: list[str] = []

    async def play() -> None:
        push = Push(embedded_server.metrics.count_push)
        turns = Turns(embedded_server, Streams(), push)
        with closing(sqlite3.connect(tmp_path / "server.db")) as reader:

            def respond(_: Reply | None) -> None:
                answered.extend(name for (name,) in reader.execute("SELECT id FROM promises WHERE id = ?", NAMES[:1]))

            turns.add(Waiting(creation(NAMES[0]), respond))
            await asyncio.sleep(0)
        await push.close()

    asyncio.run(play())
    assert answered == NAMES[:1]


def test_requests_and_pages_keep_their_order(embedded_server: EmbeddedServer) -> None:
    """A page has no body for the rules, and waits for the requests before it."""
    answered: list[str] = []

    async def play() -> None:
        push = Push(embedded_server.metrics.count_push)
        turns = Turns(embedded_server, Streams(), push)
        turns.add(
            Waiting(
                creation("a"), lambda reply: answered.extend(name for name, _ in statuses([reply] if reply else []))
            )
        )
        turns.add(Waiting(None, lambda _: answered.append("page")))
        turns.add(
            Waiting(
                creation("b"), lambda reply: answered.extend(name for name, _ in statuses([reply] if reply else []))
            )
        )
        await asyncio.sleep(0)
        await push.close()

    asyncio.run(play())
    assert answered == ["a", "page", "b"]


def test_an_answer_that_cannot_be_written_costs_no_other(embedded_server: EmbeddedServer) -> None:
    answered: list[str] = []

    def fail(_: Reply | None) -> None:
        raise RuntimeError("the transport is broken")

    async def play() -> None:
        push = Push(embedded_server.metrics.count_push)
        turns = Turns(embedded_server, Streams(), push)
        turns.add(Waiting(creation("a"), fail))
        turns.add(Waiting(creation("b"), lambda reply: answered.extend(name for name, _ in statuses([reply or NONE]))))
        await asyncio.sleep(0)
        await push.close()

    asyncio.run(play())
    assert answered == ["b"]


def test_a_message_that_cannot_be_read_costs_no_request(embedded_server: EmbeddedServer, store: Store) -> None:
    """The record of its promise is lost; the message behind it comes."""
    store.sql("INSERT INTO unblocks (id, address) VALUES ('lost', 'poll://any@g')")
    store.sql("INSERT INTO promises VALUES ('kept', 'resolved', '{}', '{}', '{}', 9, 0, 1, NULL, NULL, 0)")
    store.sql("INSERT INTO unblocks (id, address) VALUES ('kept', 'poll://any@g')")
    turn = embedded_server.take_turn([creation("a"), creation("b")], 10)
    assert statuses(turn.replies) == [("a", 200), ("b", 200)]
    assert len(turn.messages) == 3
    assert embedded_server.take_turn([], 10).messages == []


def test_while_another_program_locks_the_database_all_requests_wait_once(
    embedded_server: EmbeddedServer, store: Store, tmp_path: Path
) -> None:
    """Each of them would wait as long, one after the other, and the server would stand still meanwhile."""
    begun: list[str] = []
    store.connection.set_trace_callback(lambda sql: begun.append(sql) if sql.startswith("BEGIN") else None)
    with closing(sqlite3.connect(tmp_path / "server.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        turn = embedded_server.take_turn([creation(name) for name in NAMES], 10)
        assert statuses(turn.replies) == [(name, 500) for name in NAMES]
        assert embedded_server.tick(10) is False
        assert len(begun) == 2
        other.execute("ROLLBACK")
    turn = embedded_server.take_turn([creation(name) for name in NAMES], 10)
    assert statuses(turn.replies) == [(name, 200) for name in NAMES]


def test_a_message_that_leaves_with_its_turn_is_never_written(embedded_server: EmbeddedServer, store: Store) -> None:
    embedded_server.take_turn([], 10)
    written: list[str] = []
    store.connection.set_trace_callback(lambda sql: written.append(sql) if "executes" in sql else None)
    assert len(embedded_server.take_turn([creation("a")], 10).messages) == 1
    assert written == []
    assert embedded_server.take_turn([creation("b")]).messages == []
    assert written != []
    assert len(embedded_server.take_turn([], 10).messages) == 1


def test_what_was_rolled_back_hides_no_deadline(store: Store) -> None:
    """The turn settles the only promise, sees that none is pending, and fails; alone, the settlement comes too late."""
    times = iter([0, 1, 3, 3, 3, 3])
    server = EmbeddedServer(store, retry_timeout=9, wall_clock=lambda: next(times) / 1000)
    server.reply(encode(PromiseCreate(id="a", timeout_at=2)))
    store.sql(FAIL)
    turn = server.take_turn(
        [encode(PromiseSettle(id="a", state="resolved")), encode(PromiseGet(id="a")), creation(BAD)]
    )
    [settled, _, _] = [json.decode(reply.body)["data"] for reply in turn.replies]
    assert settled["promise"]["state"] == "rejected_timedout"


def test_a_part_of_a_tick_that_fails_sends_no_message(
    embedded_server: EmbeddedServer, store: Store, clock: Clock
) -> None:
    """Of two leases that have ended, one cannot be offered; the other is not offered either, and is still held."""
    for name in ("a", BAD):
        embedded_server.take_turn([creation(name), encode(TaskAcquire(id=name, version=0, pid="p", ttl=1))], 10)
    store.sql(f"CREATE TRIGGER fail BEFORE UPDATE ON tasks WHEN NEW.id = '{BAD}' BEGIN SELECT RAISE(ABORT, 'no'); END")
    clock.seconds += 1
    embedded_server.tick(10)
    assert embedded_server.take_turn([], 10).messages == []
    store.sql("DROP TRIGGER fail")
    embedded_server.tick(10)
    assert len(embedded_server.take_turn([], 10).messages) == 2
