"""schedule.get, create, delete, search."""

from durable.embedded.cron import parse
from durable.embedded.next_run import find_next_run
from durable.embedded.rows import SCHEDULE, Row, decode_schedule, encode_json
from durable.embedded.search import search_schedules
from durable.embedded.transaction import Answer, Transaction, bad_request, not_found, ok
from durable.wire.answers import EmptyAnswer, OneSchedule, SchedulePage
from durable.wire.records import Schedule
from durable.wire.requests import ScheduleCreate, ScheduleDelete, ScheduleGet, ScheduleSearch

NO_SCHEDULE = "Schedule not found"


def _find(tx: Transaction, schedule_id: str) -> Schedule | None:
    row: Row | None = tx.sql(f"SELECT {SCHEDULE} FROM schedules WHERE id = ?", (schedule_id,)).fetchone()
    return decode_schedule(row) if row else None


def get(tx: Transaction, request: ScheduleGet) -> Answer:
    """Read a schedule."""
    schedule = _find(tx, request.id)
    return ok(OneSchedule(schedule=schedule)) if schedule else not_found(NO_SCHEDULE)


def create(tx: Transaction, request: ScheduleCreate) -> Answer:
    """Create a schedule; if the id exists, answer the existing one."""
    rule = parse(request.cron)
    if rule is None:
        return bad_request("Invalid cron expression")
    tx.sql(
        "INSERT OR IGNORE INTO schedules (id, cron, promise_id, promise_timeout, promise_param, promise_tags, "
        "created_at, next_run_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            request.id,
            request.cron,
            request.promise_id,
            request.promise_timeout,
            encode_json(request.promise_param),
            encode_json(request.promise_tags),
            tx.now,
            find_next_run(rule, tx.now),
        ),
    )
    schedule = _find(tx, request.id)
    assert schedule, "it was just inserted, or existed before"
    return ok(OneSchedule(schedule=schedule))


def delete(tx: Transaction, request: ScheduleDelete) -> Answer:
    """Delete a schedule; the promises that it created stay."""
    deleted = tx.sql("DELETE FROM schedules WHERE id = ?", (request.id,)).rowcount
    return ok(EmptyAnswer()) if deleted else not_found(NO_SCHEDULE)


def search(tx: Transaction, request: ScheduleSearch) -> Answer:
    """Return a page of schedules."""
    rows, cursor = search_schedules(tx.sql, request)
    return ok(SchedulePage(schedules=[decode_schedule(row) for row in rows], cursor=cursor))
