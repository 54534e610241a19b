"""What happens because time passes: deadlines, then messages sent again, then leases, then schedules.

`limit` bounds how many of each are done in one transaction, so that ten thousand deadlines in the same second do not
stop the engine; without it everything that is due is done.
"""

from typing import NamedTuple

from local.engine import cron
from local.engine.rows import LEASE, RESEND, SCHEDULE, schedule_of
from local.engine.turn import Turn
from wire.records import Schedule
from wire.requests import PromiseCreate

from .changes import ENDING, IS_DUE, create, offer, time_out

ALL = -1  # SQLite's "no limit"


class Ticked(NamedTuple):
    """What a tick did, as far as somebody asks."""

    fired: int
    has_more: bool


def tick(turn: Turn, limit: int = ALL) -> Ticked:
    """Do what is due."""
    counts = [part(turn, limit) for part in (_end_promises, _send_again, _end_leases, _fire_schedules)]
    return Ticked(fired=counts[-1], has_more=limit in counts)


def _end_promises(turn: Turn, limit: int) -> int:
    # Left alone, SQLite walks through all that is pending.
    table = "promises INDEXED BY promises_due"
    due = turn.sql(f"SELECT {ENDING} FROM {table} WHERE {IS_DUE} LIMIT ?", (turn.now, limit)).fetchall()
    time_out(turn, due)
    return len(due)


def _send_again(turn: Turn, limit: int) -> int:
    return _offer_due(turn, f"timer = {RESEND} AND state = 'pending'", limit)


def _end_leases(turn: Turn, limit: int) -> int:
    return _offer_due(turn, f"timer = {LEASE} AND state = 'acquired'", limit)


def _offer_due(turn: Turn, condition: str, limit: int) -> int:
    due = turn.sql(f"SELECT id FROM tasks WHERE timeout_at <= ? AND {condition} LIMIT ?", (turn.now, limit)).fetchall()
    for (task_id,) in due:
        offer(turn, task_id, condition)
    return len(due)


def _fire_schedules(turn: Turn, limit: int) -> int:
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
        timeout_at=fired_at + schedule.promise_timeout,
        param=schedule.promise_param,
        tags=schedule.promise_tags | {"resonate:schedule": schedule.id} | own,
    )
    create(turn, request, fired_at=fired_at)
    rule = cron.parse(schedule.cron)
    assert rule, "it was judged when it was created"
    turn.sql(
        "UPDATE schedules SET last_run_at = ?, next_run_at = ? WHERE id = ?",
        (fired_at, cron.following(rule, fired_at), schedule.id),
    )
