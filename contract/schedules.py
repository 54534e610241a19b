"""Schedules: a job that is submitted again and again, at the times of a cron expression in UTC."""

from typing import Annotated, Any, Final

from msgspec import Meta

from .answers import Answer
from .api_value import ApiValue
from .job import JOB_ID

MAX_SCHEDULE_ID: Final = 100  # the ids of its jobs add the time
MAX_CRON: Final = 200


class ScheduleRequest(ApiValue, frozen=True, kw_only=True):
    """What a client sends. The job has the fields of a job without an id."""

    id: Annotated[str, Meta(pattern=rf"^{JOB_ID}\Z", max_length=MAX_SCHEDULE_ID)]
    cron: Annotated[str, Meta(min_length=1, max_length=MAX_CRON)]
    job: dict[str, Any]


class Schedule(ApiValue, frozen=True, kw_only=True):
    """A schedule: 201 if it is new, else 200. Times are ISO 8601 in UTC."""

    id: str
    cron: str
    job: dict[str, Any]
    requester_id: str
    created_at: str
    next_run_at: str
    last_run_at: str | None = None


class SchedulePage(ApiValue, frozen=True):
    """200: schedules in the order of their ids. With a cursor there are more."""

    schedules: tuple[Schedule, ...]
    cursor: str | None = None


class ScheduleDeleted(Answer, frozen=True, tag="deleted"):
    """200: the schedule submits no further job. Its earlier jobs stay."""

    id: str
