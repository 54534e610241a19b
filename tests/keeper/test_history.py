"""The keeper deletes old history, and nothing else."""

import logging
import random
import time
from collections import defaultdict
from itertools import chain

import pytest

from durable.wire.answers import OnePromise
from durable.wire.client import Client
from durable.wire.requests import PromiseRegisterListener
from keeper.history import DELETE_TREES, SELECT_SETTLED
from keeper.settings import DatabaseAddress

from .task_runs import clean_history, create_indexes
from .trees import DAY_SECONDS, Row, Sql, count_pages_read, create, ids, insert_history, insert_rows, now_ms, settle

MARGIN_SECONDS = 10  # beyond the retention


def create_tree(client: Client, root: str, *, pending: str | None = None) -> set[str]:
    """Create a root, two children and a detached child, all settled except the pending one."""
    tree = [root, f"{root}:1", f"{root}:2", f"{root}:d0ffee"]
    for name in tree:
        create(client, name, origin=None if name == root else root)
    for name in reversed(tree):
        if name != pending:
            settle(client, name)
    return set(tree)


def test_a_tree_is_deleted_once_all_of_it_is_older_than_the_retention(
    client: Client, sql: Sql, database: DatabaseAddress
) -> None:
    tree = create_tree(client, "doc/1")
    clean_history(database, now=time.time() + DAY_SECONDS - MARGIN_SECONDS)
    assert ids(sql) == tree
    clean_history(database, now=time.time() + DAY_SECONDS + MARGIN_SECONDS)
    assert ids(sql) == set()


@pytest.mark.parametrize("pending", ["doc/1", "doc/1:2", "doc/1:d0ffee"])
def test_a_tree_with_a_pending_promise_stays_whole(
    client: Client, sql: Sql, database: DatabaseAddress, pending: str
) -> None:
    """The job itself, a child, or a detached child."""
    tree = create_tree(client, "doc/1", pending=pending)
    create_tree(client, "doc/2")
    clean_history(database, now=time.time() + 100 * DAY_SECONDS)
    assert ids(sql) == tree


def test_the_latest_settlement_of_a_tree_decides(client: Client, sql: Sql, database: DatabaseAddress) -> None:
    tree = create_tree(client, "doc/1")
    sql.execute("UPDATE promises SET settled_at = settled_at + %s WHERE id = 'doc/1:d0ffee'", [5 * DAY_SECONDS * 1000])
    clean_history(database, now=time.time() + 5 * DAY_SECONDS)
    assert ids(sql) == tree
    clean_history(database, now=time.time() + 6 * DAY_SECONDS + MARGIN_SECONDS)
    assert ids(sql) == set()


def test_all_rows_of_a_tree_are_deleted_with_it(client: Client, sql: Sql, database: DatabaseAddress) -> None:
    """No task, timeout, callback, listener or message is left without its promise."""
    create(client, "doc/1")
    create(client, "doc/1:1", origin="doc/1")
    client.ask(PromiseRegisterListener(awaited="doc/1", address="poll://any@unused"), OnePromise)
    settle(client, "doc/1:1")
    settle(client, "doc/1")
    clean_history(database, now=time.time() + DAY_SECONDS + MARGIN_SECONDS)
    tables = sql.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    left = {name: sql.execute(f"SELECT count(*) FROM {name}").fetchone() for (name,) in tables}  # noqa: S608
    assert set(left.values()) == {(0,)}
    assert len(left) > 5


def test_a_tree_that_a_pending_promise_waits_for_stays(client: Client, sql: Sql, database: DatabaseAddress) -> None:
    """The waiting job must read it first, which may take long if no worker runs."""
    create(client, "doc/1")
    create(client, "doc/2")
    sql.execute("INSERT INTO callbacks (awaited_id, awaiter_id) VALUES ('doc/1', 'doc/2')")
    settle(client, "doc/1")
    clean_history(database, now=time.time() + DAY_SECONDS + MARGIN_SECONDS)
    assert ids(sql) == {"doc/1", "doc/2"}
    settle(client, "doc/2")
    clean_history(database, now=time.time() + DAY_SECONDS + MARGIN_SECONDS)
    assert ids(sql) == set()


def test_random_trees_are_deleted_exactly_by_the_rule(sql: Sql, database: DatabaseAddress) -> None:
    """With and without the indexes, in pages so small that a page has only part of a tree."""
    draw = random.Random(7)
    now = now_ms()
    for forest in range(4):
        rows = [row for tree in range(60) for row in random_tree(draw, f"f{forest}/{tree}", now)]
        insert_rows(sql, rows)
        if forest == 2:
            create_indexes(database)
        before = ids(sql)
        clean_history(database, now=now / 1000, page_size=draw.choice([1, 3, 7, 50]))
        assert before - ids(sql) == find_old_ids(rows, now - DAY_SECONDS * 1000)


def random_tree(draw: random.Random, root: str, now: int) -> list[Row]:
    """Return up to six promises settled around the cutoff; some trees have a pending promise or no root."""
    names = [root, *(f"{root}:{n}" for n in range(draw.randint(0, 5)))]
    moments = [now - DAY_SECONDS * 1000 + draw.randint(-3, 3) for _ in names]
    pending = draw.random() < 0.3
    rows = [Row(name, root, moment) for name, moment in zip(names, moments, strict=True)]
    if pending:
        rows[draw.randrange(len(rows))] = Row(draw.choice(names) + "p", root, None)
    return rows if draw.random() < 0.9 else rows[1:]


def find_old_ids(rows: list[Row], cutoff: int) -> set[str]:
    """Return the ids to delete: whole trees, all settled, all before the cutoff."""
    trees = defaultdict(list)
    for row in rows:
        trees[row.origin].append(row)
    old = (tree for tree in trees.values() if all(row.settled is not None and row.settled < cutoff for row in tree))
    return {row.id for row in chain.from_iterable(old)}


def test_a_delete_that_exceeds_the_time_limit_is_split(sql: Sql, database: DatabaseAddress) -> None:
    """Each promise takes 20 ms here and a statement at most 300 ms: a delete has room for two trees."""
    insert_history(sql, 9, settled=now_ms() - 2 * DAY_SECONDS * 1000)
    slow_down(sql, "0.02", "true")
    clean_history(database, now=time.time(), statement_ms=300)
    assert ids(sql) == set()


def test_a_tree_that_is_too_large_is_logged_and_delays_no_other(
    sql: Sql, database: DatabaseAddress, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    insert_history(sql, 5, settled=now_ms() - 2 * DAY_SECONDS * 1000)
    slow_down(sql, "5", "OLD.origin = 'old/3'")
    clean_history(database, now=time.time(), statement_ms=300)
    assert {name.split(":")[0] for name in ids(sql)} == {"old/3"}
    events = {record.getMessage(): record.fields for record in caplog.records}  # type: ignore[attr-defined]
    assert events["tree too large to delete within the time limit"] == {"tree": "old/3"}
    deleted = events["old history deleted"]
    assert (deleted["trees"], deleted["promises"]) == (4, 24)


def slow_down(sql: Sql, seconds: str, condition: str) -> None:
    """Delay the deletion of each matching promise."""
    sql.execute(  # both are constants of this file
        f"""
        CREATE FUNCTION delay() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN IF {condition} THEN PERFORM pg_sleep({seconds}); END IF; RETURN OLD; END $$;
        CREATE TRIGGER delay BEFORE DELETE ON promises FOR EACH ROW EXECUTE FUNCTION delay()
        """
    )


def test_finding_old_history_does_not_read_the_rest(sql: Sql, database: DatabaseAddress) -> None:
    """It reads as many pages before and after the table has grown a hundredfold."""
    create_indexes(database)
    now = now_ms()
    cutoff = now - DAY_SECONDS * 1000
    insert_history(sql, 50, settled=cutoff - DAY_SECONDS * 1000)
    read = []
    for young in (40, 4_000):
        insert_history(sql, young, settled=now, name=f"young{young}")
        sql.execute("ANALYZE promises")
        values = {
            "cutoff": cutoff,
            "after": 0,
            "after_id": "",
            "limit": 500,
            "trees": [f"old/{n}" for n in range(1, 51)],
        }
        read.append([count_pages_read(sql, statement, values) for statement in (SELECT_SETTLED, DELETE_TREES)])
    assert read[1][0] <= read[0][0] + 50
    assert read[1][1] <= 2 * read[0][1]
