"""debug.tick, snap, reset: tests read the whole state and drive the clock. Only in debug mode."""

from durable.embedded.rows import PROMISE, TASK, decode_promise, decode_task
from durable.embedded.store import TABLES
from durable.embedded.transaction import Answer, Transaction, ok
from durable.wire.answers import Callback, EmptyAnswer, Listener, PromiseTimeout, Snapshot, TaskTimeout
from durable.wire.requests import DebugReset, DebugSnap, DebugTick

from .due import tick as do_what_is_due


def tick(tx: Transaction, request: DebugTick) -> Answer:
    """Do everything that is due at the given time."""
    do_what_is_due(tx.at(request.time))
    return Answer(200, [])


def reset(tx: Transaction, _: DebugReset) -> Answer:
    """Delete everything."""
    tx.memory.forget()
    for table in TABLES:
        tx.sql(f"DELETE FROM {table}")
    return ok(EmptyAnswer())


def snap(tx: Transaction, _: DebugSnap) -> Answer:
    """Return the whole state."""
    sql = tx.sql
    return ok(
        Snapshot(
            promises=[decode_promise(row) for row in sql(f"SELECT {PROMISE} FROM promises ORDER BY id")],
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
            tasks=[decode_task(row) for row in sql(f"SELECT {TASK} FROM tasks ORDER BY id")],
            task_timeouts=[
                TaskTimeout(id=i, kind=timer, timeout=at)
                for i, timer, at in sql("SELECT id, timer, timeout_at FROM tasks WHERE timer IS NOT NULL ORDER BY id")
            ],
            messages=tx.memory.outbox.peek(),
        )
    )
