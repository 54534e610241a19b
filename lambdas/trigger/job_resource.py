"""GET /jobs/<jobId>: a job in one form for all its states.

It takes two requests to the server: one for the job's promise, and one for the promise of its first call, created when
a worker first ran the job. While the job runs, its progress is read, too. For an ended job, a third request finds out
whether it was erased. For a done job, a fourth finds out whether its result was revoked. For a failed or canceled job,
up to three more find out what it has stored.
"""

from contextlib import suppress
from http import HTTPStatus
from typing import Any

from contract.answers import (
    Answer,
    Done,
    Failed,
    JobState,
    Processing,
    Reason,
    Waiting,
)
from contract.jobs import ALL_STORED, NOTHING_STORED, Job, Question, ResultSummary, StoredFiles, make_links
from contract.names import PROMISE_PREFIX, Step, Tag, promise_id
from contract.times import format_ms
from durable.wire.client import Client
from durable.wire.errors import NotFound
from durable.wire.records import Promise

from .gateway import Request, Response
from .job_access import find_job
from .job_files import DOCUMENT_STEPS, TEXT_STEPS, find_file
from .ports import Ports
from .progress import STEPS
from .status import make_poll_headers, read_status


def answer(ports: Ports, request: Request, job_id: str) -> Response:
    """Answer one request; `Retry-After` says when to ask again about a job that has not ended."""
    promise = find_job(ports, request, job_id)
    status = read_status(promise, job_id, ports.server, ports.progress)
    started_at = find_start(job_id, ports.server)
    job = describe_job(promise, job_id, status, find_stored(job_id, status, ports.server), started_at=started_at)
    return Response(HTTPStatus.OK, job, make_poll_headers(ports, promise))


def find_start(job_id: str, server: Client) -> int | None:
    """Return when a worker first ran the job and created its first call's promise, in milliseconds since 1970."""
    with suppress(NotFound):
        return server.get(f"{promise_id(job_id)}:1").created_at
    return None


def find_stored(job_id: str, status: Answer, server: Client) -> StoredFiles:
    """Return what the job has stored: by its progress while it runs, by its records once it has failed."""
    match status:
        case Done():
            return ALL_STORED
        case Processing(progress=progress) | Waiting(progress=progress):
            return _list_files_before(progress.step) if progress else NOTHING_STORED
        case _:
            has_document = find_file(job_id, DOCUMENT_STEPS, server) is not None
            has_text = has_document and find_file(job_id, TEXT_STEPS, server) is not None
            return StoredFiles(document=has_document, text=has_text)


def _list_files_before(step: Step) -> StoredFiles:
    place = STEPS.index(step)
    return StoredFiles(document=place > STEPS.index(Step.DOWNLOAD), text=place > STEPS.index(Step.EXTRACT))


def describe_job(promise: Promise, job_id: str, status: Answer, stored: StoredFiles, *, started_at: int | None) -> Job:
    """Return the job of a promise, in the state that its status has."""
    state, revoked_at = _state_of(status), status.revoked_at if isinstance(status, Done) else None
    return Job(
        id=job_id,
        state=state,
        type=promise.tags.get(Tag.TYPE, ""),
        requester_id=promise.tags.get(Tag.REQUESTER, ""),
        created_at=format_ms(promise.created_at),
        links=make_links(job_id, state, stored=stored, is_revoked=revoked_at is not None),
        started_at=None if started_at is None else format_ms(started_at),
        ended_at=None if promise.settled_at is None else format_ms(promise.settled_at),
        revoked_at=revoked_at,
        retry_of=promise.tags.get(Tag.RETRY_OF),
        progress=status.progress if isinstance(status, Processing | Waiting) else None,
        question=_describe_question(status) if isinstance(status, Waiting) else None,
        error=status.error if isinstance(status, Failed) else None,
        result=_summarize(status.result) if isinstance(status, Done) else None,
    )


def _state_of(status: Answer) -> JobState:
    match status:
        case Waiting(reason=Reason.COST):
            return JobState.WAITING
        case Waiting():
            return JobState.NEEDS_REVIEW
        case _:
            return JobState(status.status)


def _describe_question(waiting: Waiting) -> Question:
    return Question(
        decision=waiting.promise.removeprefix(PROMISE_PREFIX),
        reason=waiting.reason,
        message=waiting.message,
        until=waiting.until,
    )


def _summarize(result: dict[str, Any]) -> ResultSummary | None:
    """Return the summary of a result; None of a value that no worker of ours has written."""
    match result:
        case {"pageCount": int(count), "summary": str(summary), "costUsd": float() | int() | None as cost}:
            return ResultSummary(page_count=count, summary=summary, cost_usd=cost)
        case _:
            return None
