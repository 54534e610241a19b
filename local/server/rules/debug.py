"""debug.tick, snap, reset: the state laid open and the time driven by requests, for tests. Only in debug mode."""

from local.server.rows import PROMISE, TASK, promise_of, task_of
from local.server.store import TABLES
from local.server.turn import Answer, Turn, ok
from wire.answers import Callback, EmptyAnswer, Listener, PromiseTimeout, Snapshot, TaskTimeout
from wire.requests import DebugReset, DebugSnap, DebugTick

from .due import tick as do_what_is_due


def tick(turn: Turn, request: DebugTick) -> Answer:
    """Do everything that is due at the named time."""
    do_what_is_due(turn.at(request.time))
    return Answer(200, [])


def reset(turn: Turn, _: DebugReset) -> Answer:
    """Forget everything."""
    for table in TABLES:
        turn.sql(f"DELETE FROM {table}")
    return ok(EmptyAnswer())


def snap(turn: Turn, _: DebugSnap) -> Answer:
    """Show the whole state."""
    sql = turn.sql
    return ok(
        Snapshot(
            promises=[promise_of(row) for row in sql(f"SELECT {PROMISE} FROM promises ORDER BY id")],
            promise_timeouts=[
                PromiseTimeout(id=i, timeout=at)
                for i, at in sql("SELECT id, timeout_at FROM promises WHERE state = 'pending' ORDER BY id")
            ],
            callbacks=[
                Callback(awaiter=awaiter, awaited=awaited)
                for awaiter, awaited in sql("SELECT awaiter, awaited FROM callbacks WHERE ready = 0 ORDER BY 1, 2")
            ],
            listeners=[
                Listener(id=i, address=address)
                for i, address in sql("SELECT id, address FROM listeners ORDER BY id, address")
            ],
            tasks=[task_of(row) for row in sql(f"SELECT {TASK} FROM tasks ORDER BY id")],
            task_timeouts=[
                TaskTimeout(id=i, kind=timer, timeout=at)
                for i, timer, at in sql("SELECT id, timer, timeout_at FROM tasks WHERE timer IS NOT NULL ORDER BY id")
            ],
            messages=turn.outbox.peek(),
        )
    )
