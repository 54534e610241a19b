"""schedule.get, create, delete, search."""

from local.server.cron import parse
from local.server.firing import following
from local.server.rows import SCHEDULE, Row, schedule_of, text_of
from local.server.search import search_schedules
from local.server.turn import Answer, Turn, bad, missing, ok
from wire.answers import EmptyAnswer, OneSchedule, SchedulePage
from wire.records import Schedule
from wire.requests import ScheduleCreate, ScheduleDelete, ScheduleGet, ScheduleSearch

NO_SCHEDULE = "Schedule not found"


def _find(turn: Turn, schedule_id: str) -> Schedule | None:
    row: Row | None = turn.sql(f"SELECT {SCHEDULE} FROM schedules WHERE id = ?", (schedule_id,)).fetchone()
    return schedule_of(row) if row else None


def get(turn: Turn, request: ScheduleGet) -> Answer:
    """Read a schedule."""
    schedule = _find(turn, request.id)
    return ok(OneSchedule(schedule=schedule)) if schedule else missing(NO_SCHEDULE)


def create(turn: Turn, request: ScheduleCreate) -> Answer:
    """Keep a schedule; when the id is known, the first one comes back."""
    rule = parse(request.cron)
    if rule is None:
        return bad("Invalid cron expression")
    turn.sql(
        "INSERT OR IGNORE INTO schedules (id, cron, promise_id, promise_timeout, promise_param, promise_tags, "
        "created_at, next_run_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            request.id,
            request.cron,
            request.promise_id,
            request.promise_timeout,
            text_of(request.promise_param),
            text_of(request.promise_tags),
            turn.now,
            following(rule, turn.now),
        ),
    )
    schedule = _find(turn, request.id)
    assert schedule, "it is there, or was before"
    return ok(OneSchedule(schedule=schedule))


def delete(turn: Turn, request: ScheduleDelete) -> Answer:
    """Forget a schedule; what it created stays."""
    deleted = turn.sql("DELETE FROM schedules WHERE id = ?", (request.id,)).rowcount
    return ok(EmptyAnswer()) if deleted else missing(NO_SCHEDULE)


def search(turn: Turn, request: ScheduleSearch) -> Answer:
    """Page through schedules."""
    rows, cursor = search_schedules(turn.sql, request)
    return ok(SchedulePage(schedules=[schedule_of(row) for row in rows], cursor=cursor))
