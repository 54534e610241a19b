"""What happens because time passes: deadlines, then messages sent again, then leases, then schedules.

Each part says how many it did. `limit` bounds that, so that ten thousand deadlines in the same second do not stop the
server; without it everything that is due is done.
"""

from local.server.cron import parse
from local.server.firing import following
from local.server.rows import LEASE, RESEND, SCHEDULE, schedule_of
from local.server.turn import Turn
from wire.records import Schedule
from wire.requests import PromiseCreate

from .changes import ENDING, IS_DUE, create, offer, time_out, wrapped

ALL = -1  # SQLite's "no limit"


def end_promises(turn: Turn, limit: int = ALL) -> int:
    """Settle the promises whose deadline has passed."""
    # Left alone, SQLite walks through all that is pending.
    table = "promises INDEXED BY promises_due"
    due = turn.sql(f"SELECT {ENDING} FROM {table} WHERE {IS_DUE} LIMIT ?", (turn.now, limit)).fetchall()
    time_out(turn, due)
    return len(due)


def send_again(turn: Turn, limit: int = ALL) -> int:
    """Send the messages again that nobody acted on."""
    return _offer_due(turn, f"timer = {RESEND} AND state = 'pending'", limit)


def end_leases(turn: Turn, limit: int = ALL) -> int:
    """Offer the tasks again whose holders did not extend their lease."""
    return _offer_due(turn, f"timer = {LEASE} AND state = 'acquired'", limit)


def _offer_due(turn: Turn, condition: str, limit: int) -> int:
    due = turn.sql(f"SELECT id FROM tasks WHERE timeout_at <= ? AND {condition} LIMIT ?", (turn.now, limit)).fetchall()
    for (task_id,) in due:
        offer(turn, task_id, condition)
    return len(due)


def fire_schedules(turn: Turn, limit: int = ALL) -> int:
    """Create what schedules ask for."""
    due = turn.sql(f"SELECT {SCHEDULE} FROM schedules WHERE next_run_at <= ? LIMIT ?", (turn.now, limit)).fetchall()
    for row in due:
        _fire(turn, schedule_of(row))
    return len(due)


def _fire(turn: Turn, schedule: Schedule) -> None:
    """One firing a tick, at the time it was meant for: a schedule that slept catches up one by one."""
    fired_at = schedule.next_run_at
    promise_id = schedule.promise_id.replace("{{.id}}", schedule.id).replace("{{.timestamp}}", str(fired_at))
    own = {f"resonate:{name}": promise_id for name in ("origin", "branch", "parent", "prefix")}
    request = PromiseCreate(
        id=promise_id,
        timeout_at=wrapped(fired_at + schedule.promise_timeout),
        param=schedule.promise_param,
        tags=schedule.promise_tags | {"resonate:schedule": schedule.id} | own,
    )
    create(turn, request, fired_at=fired_at)
    rule = parse(schedule.cron)
    assert rule, "it was judged when it was created"
    turn.sql(
        "UPDATE schedules SET last_run_at = ?, next_run_at = ? WHERE id = ?",
        (fired_at, following(rule, fired_at), schedule.id),
    )


# In the real server's order.
PARTS = (end_promises, send_again, end_leases, fire_schedules)


def tick(turn: Turn) -> None:
    """Do all that is due."""
    for part in PARTS:
        part(turn)
