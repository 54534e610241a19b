"""The operations on schedules."""

from http import HTTPStatus

from contract.schedules import Schedule, ScheduleDeleted, SchedulePage, ScheduleRequest

from .exchange import Operation, Request
from .sending import ask


def add_schedule(schedule: ScheduleRequest) -> Operation[Schedule]:
    """Register a schedule, or find the same one."""
    request = Request(method="POST", path="/schedules", body=schedule.to_json())
    added: Schedule = yield from ask(request, Schedule, HTTPStatus.CREATED, HTTPStatus.OK)
    return added


def list_schedules(cursor: str | None = None) -> Operation[SchedulePage]:
    """Return a page of schedules."""
    path = "/schedules" if cursor is None else f"/schedules?cursor={cursor}"
    page: SchedulePage = yield from ask(Request(method="GET", path=path), SchedulePage)
    return page


def delete_schedule(schedule_id: str) -> Operation[ScheduleDeleted]:
    """Delete a schedule."""
    request = Request(method="DELETE", path=f"/schedules/{schedule_id}")
    deleted: ScheduleDeleted = yield from ask(request, ScheduleDeleted)
    return deleted
