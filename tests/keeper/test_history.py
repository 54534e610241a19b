"""Old history goes, and nothing else does."""

import logging
import random
import time
from collections import defaultdict
from itertools import chain

import pytest

from keeper.history import DELETE, PAGE
from keeper.settings import Address
from wire.answers import OnePromise
from wire.client import Client
from wire.requests import PromiseRegisterListener

from .sweeping import make_indexes, sweep
from .trees import DAY, Row, Sql, create, ids, now_ms, pages_read, put, put_history, settle

LATER = 10  # seconds beyond the retention


def grow(client: Client, root: str, *, leave: str | None = None) -> set[str]:
    """A root, two children and a detached one, all settled but the one to leave."""
    tree = [root, f"{root}:1", f"{root}:2", f"{root}:d0ffee"]
    for name in tree:
        create(client, name, origin=None if name == root else root)
    for name in reversed(tree):
        if name != leave:
            settle(client, name)
    return set(tree)


def test_a_tree_goes_when_all_of_it_was_settled_longer_ago_than_the_retention(
    client: Client, sql: Sql, database: Address
) -> None:
    tree = grow(client, "doc/1")
    sweep(database, now=time.time() + DAY - LATER)
    assert ids(sql) == tree
    sweep(database, now=time.time() + DAY + LATER)
    assert ids(sql) == set()


@pytest.mark.parametrize("pending", ["doc/1", "doc/1:2", "doc/1:d0ffee"])
def test_a_tree_with_anything_pending_stays_whole(client: Client, sql: Sql, database: Address, pending: str) -> None:
    """Whether that is the job itself, a child, or a child that nobody waits for."""
    tree = grow(client, "doc/1", leave=pending)
    grow(client, "doc/2")
    sweep(database, now=time.time() + 100 * DAY)
    assert ids(sql) == tree


def test_the_newest_settlement_of_a_tree_decides(client: Client, sql: Sql, database: Address) -> None:
    tree = grow(client, "doc/1")
    sql.execute("UPDATE promises SET settled_at = settled_at + %s WHERE id = 'doc/1:d0ffee'", [5 * DAY * 1000])
    sweep(database, now=time.time() + 5 * DAY)
    assert ids(sql) == tree
    sweep(database, now=time.time() + 6 * DAY + LATER)
    assert ids(sql) == set()


def test_what_belongs_to_a_tree_goes_with_it(client: Client, sql: Sql, database: Address) -> None:
    """The server leaves no task, timeout, callback, listener or message without its promise, and neither do we."""
    create(client, "doc/1")
    create(client, "doc/1:1", origin="doc/1")
    client.ask(PromiseRegisterListener(awaited="doc/1", address="poll://any@nobody"), OnePromise)
    settle(client, "doc/1:1")
    settle(client, "doc/1")
    sweep(database, now=time.time() + DAY + LATER)
    tables = sql.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    left = {name: sql.execute(f"SELECT count(*) FROM {name}").fetchone() for (name,) in tables}  # noqa: S608
    assert set(left.values()) == {(0,)}
    assert len(left) > 5


def test_a_tree_that_something_pending_still_waits_for_stays(client: Client, sql: Sql, database: Address) -> None:
    """Until the one who waits has read it, which takes as long as there is no worker."""
    create(client, "doc/1")
    create(client, "doc/2")
    sql.execute("INSERT INTO callbacks (awaited_id, awaiter_id) VALUES ('doc/1', 'doc/2')")
    settle(client, "doc/1")
    sweep(database, now=time.time() + DAY + LATER)
    assert ids(sql) == {"doc/1", "doc/2"}
    settle(client, "doc/2")
    sweep(database, now=time.time() + DAY + LATER)
    assert ids(sql) == set()


def test_what_goes_is_exactly_what_the_rule_says(sql: Sql, database: Address) -> None:
    """Random forests, in pages so small that trees are met in parts, with and without the indexes."""
    draw = random.Random(7)
    now = now_ms()
    for forest in range(6):
        rows = [row for tree in range(60) for row in random_tree(draw, f"f{forest}/{tree}", now)]
        put(sql, rows)
        if forest == 3:
            make_indexes(database)
        before = ids(sql)
        sweep(database, now=now / 1000, page=draw.choice([1, 3, 7, 50]))
        assert before - ids(sql) == expected(rows, now - DAY * 1000)


def random_tree(draw: random.Random, root: str, now: int) -> list[Row]:
    """Up to six promises around the cut-off; in some trees there is no root, or it names no origin."""
    names = [root, *(f"{root}:{n}" for n in range(draw.randint(0, 5)))]
    moments = [now - DAY * 1000 + draw.randint(-3, 3) for _ in names]
    pending = draw.random() < 0.3
    rows = [Row(name, root, moment) for name, moment in zip(names, moments, strict=True)]
    if pending:
        rows[draw.randrange(len(rows))] = Row(draw.choice(names) + "p", root, None)
    return rows if draw.random() < 0.9 else rows[1:]


def expected(rows: list[Row], cutoff: int) -> set[str]:
    """The rule in Python: whole trees, all settled, all before the cut-off."""
    trees = defaultdict(list)
    for row in rows:
        trees[row.origin].append(row)
    old = (tree for tree in trees.values() if all(row.settled is not None and row.settled < cutoff for row in tree))
    return {row.id for row in chain.from_iterable(old)}


def test_a_delete_that_takes_too_long_is_done_in_parts(sql: Sql, database: Address) -> None:
    """Each promise takes 20 ms here, and a statement may take 300 ms: no more than two trees at once can go."""
    put_history(sql, 9, settled=now_ms() - 2 * DAY * 1000)
    slow_down(sql, "0.02", "true")
    sweep(database, now=time.time(), statement_ms=300)
    assert ids(sql) == set()


def test_a_tree_that_is_too_large_is_named_and_holds_up_no_other(
    sql: Sql, database: Address, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    put_history(sql, 5, settled=now_ms() - 2 * DAY * 1000)
    slow_down(sql, "5", "OLD.origin = 'old/3'")
    sweep(database, now=time.time(), statement_ms=300)
    assert {name.split(":")[0] for name in ids(sql)} == {"old/3"}
    said = {record.getMessage(): record.fields for record in caplog.records}  # type: ignore[attr-defined]
    assert said["a tree is too large to be deleted within the time limit"] == {"tree": "old/3"}
    gone = said["old history is gone"]
    assert (gone["trees"], gone["promises"]) == (4, 24)


def slow_down(sql: Sql, seconds: str, condition: str) -> None:
    """Make the database take its time for each promise that is deleted."""
    sql.execute(  # the two are words of this file
        f"""
        CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN IF {condition} THEN PERFORM pg_sleep({seconds}); END IF; RETURN OLD; END $$;
        CREATE TRIGGER slowly BEFORE DELETE ON promises FOR EACH ROW EXECUTE FUNCTION slowly()
        """
    )


def test_looking_for_old_history_costs_what_is_old_and_not_what_there_is(sql: Sql, database: Address) -> None:
    """Pages of the table that are read, before and after it has grown a hundredfold."""
    make_indexes(database)
    now = now_ms()
    cutoff = now - DAY * 1000
    put_history(sql, 50, settled=cutoff - DAY * 1000)
    read = []
    for young in (100, 10_000):
        put_history(sql, young, settled=now, name=f"young{young}")
        sql.execute("ANALYZE promises")
        values = {
            "cutoff": cutoff,
            "after": 0,
            "after_id": "",
            "most": 500,
            "trees": [f"old/{n}" for n in range(1, 51)],
        }
        read.append([pages_read(sql, statement, values) for statement in (PAGE, DELETE)])
    assert read[1][0] <= read[0][0] + 50
    assert read[1][1] <= 2 * read[0][1]
