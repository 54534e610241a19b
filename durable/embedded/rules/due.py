"""What the clock causes: deadlines, then messages sent again, then leases, then schedules, then the index of tags.

Each part returns how many it did, at most `limit`, so that ten thousand deadlines in one second do not block the
server. Without a limit it does everything that is due.
"""

from durable.embedded.cron import parse
from durable.embedded.next_run import find_next_run
from durable.embedded.rows import LEASE, RESEND, SCHEDULE, decode_schedule
from durable.embedded.transaction import Transaction
from durable.wire.records import Schedule
from durable.wire.requests import PromiseCreate

from .changes import ALL_DUE, ENDING, create, offer, time_out, wrap_i64

ALL = -1  # SQLite's "no limit"


def end_promises(tx: Transaction, limit: int = ALL) -> int:
    """Settle the promises whose deadline has passed."""
    due = tx.sql(f"SELECT {ENDING} FROM {ALL_DUE} LIMIT ?", (tx.now, limit)).fetchall()
    time_out(tx, due)
    return len(due)


def send_again(tx: Transaction, limit: int = ALL) -> int:
    """Send the messages of pending tasks again."""
    return _offer_due(tx, f"timer = {RESEND} AND state = 'pending'", limit)


def end_leases(tx: Transaction, limit: int = ALL) -> int:
    """Offer the tasks whose lease has ended."""
    return _offer_due(tx, f"timer = {LEASE} AND state = 'acquired'", limit)


def _offer_due(tx: Transaction, condition: str, limit: int) -> int:
    due = tx.sql(f"SELECT id FROM tasks WHERE timeout_at <= ? AND {condition} LIMIT ?", (tx.now, limit)).fetchall()
    for (task_id,) in due:
        offer(tx, task_id, condition)
    return len(due)


def fire_schedules(tx: Transaction, limit: int = ALL) -> int:
    """Create the promises of due schedules."""
    due = tx.sql(f"SELECT {SCHEDULE} FROM schedules WHERE next_run_at <= ? LIMIT ?", (tx.now, limit)).fetchall()
    for row in due:
        _fire(tx, decode_schedule(row))
    return len(due)


def _fire(tx: Transaction, schedule: Schedule) -> None:
    """Fire once, at the scheduled time: a late schedule catches up one firing per tick."""
    fired_at = schedule.next_run_at
    promise_id = schedule.promise_id.replace("{{.id}}", schedule.id).replace("{{.timestamp}}", str(fired_at))
    own = {f"resonate:{name}": promise_id for name in ("origin", "branch", "parent", "prefix")}
    request = PromiseCreate(
        id=promise_id,
        timeout_at=wrap_i64(fired_at + schedule.promise_timeout),
        param=schedule.promise_param,
        tags=schedule.promise_tags | {"resonate:schedule": schedule.id} | own,
    )
    create(tx, request, fired_at=fired_at)
    rule = parse(schedule.cron)
    assert rule, "it was checked at creation"
    tx.sql(
        "UPDATE schedules SET last_run_at = ?, next_run_at = ? WHERE id = ?",
        (fired_at, find_next_run(rule, fired_at), schedule.id),
    )


def index_tags(tx: Transaction, limit: int = ALL) -> int:
    """Add new promises to the index of tags."""
    return tx.memory.tag_index.update(limit)


# In the real server's order, which has no index.
PARTS = (end_promises, send_again, end_leases, fire_schedules, index_tags)


def tick(tx: Transaction) -> None:
    """Do all that is due."""
    for part in PARTS:
        part(tx)
