"""Schedules: registers, lists and deletes jobs that the server starts by itself.

A schedule is one of the server's own. At each of its times the server creates a promise with the time in its id, once
even if it restarts, and a worker starts the job. The promise is not the job itself, because all promises of a schedule
have the same argument, while each job needs its own id.
"""

import hashlib
from contextlib import suppress
from http import HTTPStatus
from typing import Final, Never

from contract.job import DocumentJob, is_job_id
from contract.names import (
    DOCUMENTS_ADDRESS,
    SCHEDULE_PREFIX,
    START_SCHEDULED_JOB,
    START_SCHEDULED_JOB_VERSION,
    TICK,
    Tag,
    schedule_record_id,
    tick_template,
)
from contract.schedules import MAX_CRON, MAX_SCHEDULE_ID, Schedule, ScheduleDeleted, SchedulePage, ScheduleRequest
from contract.times import format_ms
from durable.wire.answers import EmptyAnswer, OneSchedule
from durable.wire.answers import SchedulePage as RecordPage
from durable.wire.errors import NotFound, Refused
from durable.wire.records import Schedule as Record
from durable.wire.requests import ScheduleCreate, ScheduleDelete, ScheduleGet, ScheduleSearch
from durable.wire.roots import root_promise

from .errors import bad_request
from .gateway import Request, Response
from .list_query import CURSOR, parse_parameters
from .ports import Ports
from .problems import no_schedule, schedule_id_taken
from .request import PASSWORD, UPLOAD_ID, fill_in_requester, parse_form, parse_job, parse_object, refuse_parameters
from .submit import find_problem

FORM: Final = (
    f"a schedule has id (1 to {MAX_SCHEDULE_ID} characters of A-Z a-z 0-9 _ -), cron (at most {MAX_CRON} characters)"
    " and job (the fields of a job without jobId), and nothing else"
)
CRON_FORM: Final = (
    "cron must have 5 fields in UTC, minute, hour, day of month, month and day of week, as in 30 6 * * MON-FRI; 6 have"
    " seconds before them, and 7 years behind them. Days of the week are SUN to SAT or 1 (Sunday) to 7"
)
PAGE_SIZE: Final = 100
_JOB_ID: Final = "jobId"
_FORBIDDEN_FIELDS: Final = {
    _JOB_ID: "each job of a schedule has an id of its own",
    UPLOAD_ID: "an upload is deleted in time, and a schedule is not: name a documentUrl",
    PASSWORD: "the server would keep it as long as the schedule",
}
_TICK_MS: Final = 24 * 3_600_000  # a time that no worker has served within a day is skipped


def answer_create(ports: Ports, request: Request) -> Response:
    """Answer one request. The same request again finds the same schedule."""
    refuse_parameters(request.query)
    wanted = parse_form(parse_object(request), ScheduleRequest, FORM)
    ports.log.append_keys(schedule=wanted.id)
    job = _parse_job(ports, request, wanted)
    digest = hashlib.sha256(f"{wanted.cron}\n{job.digest()}".encode()).hexdigest()
    known = _find(ports, wanted.id)
    if known is None and (problem := find_problem(ports, request, job)):
        raise problem
    record = known or _create(ports, wanted, job, digest)
    is_own = request.caller.may_reach(record.promise_tags.get(Tag.REQUESTER))
    if not is_own or record.promise_tags.get(Tag.DIGEST) != digest:
        raise schedule_id_taken(wanted.id)
    ports.log.info("schedule registered", cron=wanted.cron)
    return Response(HTTPStatus.OK if known else HTTPStatus.CREATED, _describe(record))


def answer_list(ports: Ports, request: Request) -> Response:
    """Answer with a page of the schedules that the caller may reach."""
    tags: dict[str, str] = {Tag.KIND: TICK}
    if request.caller.requester_id is not None:
        tags[Tag.REQUESTER] = request.caller.requester_id
    after = parse_parameters(request.query, {CURSOR: _read_cursor}).get(CURSOR)
    search = ScheduleSearch(tags=tags, limit=PAGE_SIZE, cursor=after)
    page = ports.server.ask(search, RecordPage)
    cursor = page.cursor and page.cursor.removeprefix(SCHEDULE_PREFIX)
    found = SchedulePage(schedules=tuple(map(_describe, page.schedules)), cursor=cursor)
    headers = {"Link": f'</schedules?{CURSOR}={cursor}>; rel="next"'} if cursor else {}
    return Response(HTTPStatus.OK, found, headers)


def answer_read(ports: Ports, request: Request, name: str) -> Response:
    """Answer with one schedule."""
    refuse_parameters(request.query)
    return Response(HTTPStatus.OK, _describe(_find_own(ports, request, name)))


def answer_delete(ports: Ports, request: Request, name: str) -> Response:
    """Delete a schedule. Jobs that it has started continue."""
    refuse_parameters(request.query)
    record = _find_own(ports, request, name)
    with suppress(NotFound):  # another request has deleted it meanwhile
        ports.server.ask(ScheduleDelete(id=record.id), EmptyAnswer)
    ports.log.info("schedule deleted")
    return Response(HTTPStatus.OK, ScheduleDeleted(id=name))


def _parse_job(ports: Ports, request: Request, wanted: ScheduleRequest) -> DocumentJob:
    """Return the job, which has the id of the schedule until a time gives it its own."""
    for name, reason in _FORBIDDEN_FIELDS.items():
        if wanted.job.get(name) is not None:
            raise bad_request(f"{name} is no field of the job of a schedule: {reason}")
    values = fill_in_requester(dict(wanted.job), request.caller.requester_id)
    return parse_job(values, types=ports.types, default_id=wanted.id)


def _read_cursor(name: str, value: str) -> str:
    if not is_job_id(value):
        raise bad_request(f"{name} is none of this API: send the one of the page before, or none")
    return schedule_record_id(value)


def _create(ports: Ports, wanted: ScheduleRequest, job: DocumentJob, digest: str) -> Record:
    tags: dict[str, str] = {
        Tag.KIND: TICK,
        Tag.REQUESTER: job.requester_id,
        Tag.DIGEST: digest,
        Tag.SCHEDULE: wanted.id,
    }
    root = root_promise(
        tick_template(wanted.id),  # the server replaces the tags that name the promise itself
        START_SCHEDULED_JOB,
        job,
        version=START_SCHEDULED_JOB_VERSION,
        target=DOCUMENTS_ADDRESS,
        timeout_at=0,  # each promise gets its own
        tags=tags,
    )
    schedule = ScheduleCreate(
        id=schedule_record_id(wanted.id),
        cron=wanted.cron,
        promise_id=root.id,
        promise_timeout=_TICK_MS,
        promise_param=root.param,
        promise_tags=root.tags,
    )
    try:
        return ports.server.ask(schedule, OneSchedule).schedule
    except Refused as error:
        _refuse_cron(error)


def _refuse_cron(error: Refused) -> Never:
    """Raise a problem for the client.

    Only the server parses the expression, so that both servers accept the same ones.
    """
    if error.status == HTTPStatus.BAD_REQUEST:
        raise bad_request(CRON_FORM) from error
    raise error


def _find(ports: Ports, name: str) -> Record | None:
    with suppress(NotFound):
        return ports.server.ask(ScheduleGet(id=schedule_record_id(name)), OneSchedule).schedule
    return None


def _find_own(ports: Ports, request: Request, name: str) -> Record:
    ports.log.append_keys(schedule=name)
    record = _find(ports, name) if is_job_id(name) else None
    if record is None or not request.caller.may_reach(record.promise_tags.get(Tag.REQUESTER)):
        raise no_schedule(name)
    return record


def _describe(record: Record) -> Schedule:
    job = record.promise_param.decode()["args"][0]
    return Schedule(
        id=record.id.removeprefix(SCHEDULE_PREFIX),
        cron=record.cron,
        job={name: value for name, value in job.items() if name != _JOB_ID},
        requester_id=record.promise_tags.get(Tag.REQUESTER, ""),
        created_at=format_ms(record.created_at),
        next_run_at=format_ms(record.next_run_at),
        last_run_at=None if record.last_run_at is None else format_ms(record.last_run_at),
    )
