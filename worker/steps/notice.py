"""The notice of how a job ended, which the requester gets at least once and always with the same content.

The receiver of a callbackUrl gets the same, in a delivery of its own: `post_event.py`.

A job's promise is the only record of its end. So a notice is made from the settled promise alone, without the object
store. A job that is canceled in its last moment has one end and one notice, and a repeated notice is identical.
"""

import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final

from resonate.error import ServerError

from contract.answers import JobFailure
from contract.codes import Code
from contract.job import DocumentJob
from contract.names import ENDING, NOTIFY_ENDING, NOTIFY_ENDING_VERSION, Tag, ending_id, promise_id
from contract.notice import EndedJob, JobEvent, Notice, NoticeContent, NoticeReceipt, Outcome
from contract.times import format_seconds
from durable import (
    PermanentError,
    PromiseSnapshot,
    Retry,
    RootPromise,
    TemporaryError,
    WorkflowName,
    current_run,
    step,
)
from worker.durations import MINUTE

from .announcements import read_request
from .ports import Ports
from .post_event import delivery_root

_SURROGATE: Final = re.compile("[\ud800-\udfff]")  # half a character, which no message can carry
_LIFETIME_SECONDS: Final = 30 * 24 * 3_600.0  # as long as a job may take; the job's record is kept longer
_WORKFLOW: Final = WorkflowName(name=NOTIFY_ENDING, version=NOTIFY_ENDING_VERSION)
_RETRY: Final = Retry(attempts=3, first=1.0)  # longer waits are durable, so that a hanging channel holds no run
# The job hands its notice over in its last step, so it ends a few milliseconds later.
_POLL_SECONDS: Final = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


def notice_root(job: DocumentJob | EndedJob, group: str) -> RootPromise:
    """Return the job of its own that sends the notice of a job. Starting it twice has no effect."""
    ended = EndedJob(job_id=job.job_id, requester_id=job.requester_id, type=job.type, receiver=job.receiver)
    tags = {Tag.KIND: ENDING, Tag.TYPE: ended.type, Tag.REQUESTER: ended.requester_id}
    return RootPromise(
        id=ending_id(ended.job_id),
        workflow=_WORKFLOW,
        args=(ended,),
        tags={str(name): str(value) for name, value in tags.items()},
        lifetime=_LIFETIME_SECONDS,
        group=group,
    )


class NoticeSteps:
    """The steps that send a notice."""

    def __init__(self, ports: Ports) -> None:
        self._ports: Final = ports

    @step(timeout=2 * MINUTE, retry=_RETRY)
    async def send_notice(self, job: EndedJob) -> NoticeReceipt:
        """Send the requester the notice of how the job ended."""
        notice = build_notice(job, await _read_job(job))
        await self._ports.send(notice)
        return NoticeReceipt(key=notice.key, at=notice.at)

    @step(timeout=2 * MINUTE, retry=_RETRY)
    async def start_delivery(self, job: EndedJob) -> str:
        """Hand the end of the job over to a job that delivers it to the client's receiver; return its key."""
        ended = await _read_job(job)
        event = JobEvent.of_notice(build_notice(job, ended))
        if url := _get_text(read_request(ended), "callbackUrl"):
            await current_run().tools.promises.start(delivery_root(job, url, event))
        return event.key


async def _read_job(job: EndedJob) -> PromiseSnapshot:
    run = current_run().tools
    return await read_ended(promise_id(job.job_id), run.promises.read, run.clock.sleep)


async def read_ended(
    job: str, read: Callable[[str], Awaitable[PromiseSnapshot]], sleep: Callable[[float], Awaitable[None]]
) -> PromiseSnapshot:
    """Return the promise of a job that has ended or is just about to end."""
    try:
        for pause in _POLL_SECONDS:
            if (ended := await read(job)).state != "pending":
                return ended
            await sleep(pause)
    except ServerError as exc:
        if exc.code != HTTPStatus.NOT_FOUND:
            raise
        raise PermanentError(Code.NOTICE_FAILED, "the record of the job was deleted before its notice") from exc
    # The worker died between the two. Another one ends the job.
    raise TemporaryError(Code.NOTICE_FAILED, "the job has not ended yet", after=MINUTE)


def build_notice(job: EndedJob, ended: PromiseSnapshot) -> Notice:
    """Return the notice of a job with this settled promise."""
    content = _describe_end(ended)
    return Notice(
        **dict(content),
        key=f"{job.job_id}.{content.outcome}",  # no id has a dot
        job_id=job.job_id,
        requester_id=job.requester_id,
        type=job.type,
        at=format_seconds(ended.settled_at or 0.0),
    )


def _describe_end(ended: PromiseSnapshot) -> NoticeContent:
    match ended.state:
        case "resolved":
            return NoticeContent(outcome=Outcome.DONE, stored_at=_get_text(ended.value, "storedAt"))
        case "rejected":
            failure = JobFailure.parse(_get_text(ended.value, "message"))
            return NoticeContent(outcome=Outcome.FAILED, code=failure.code, message=failure.message)
        case "rejected_timedout":
            failure = JobFailure.by_deadline()
            return NoticeContent(outcome=Outcome.TIMED_OUT, code=failure.code, message=failure.message)
        case _:
            return NoticeContent(outcome=Outcome.CANCELED)


def _get_text(value: Any, name: str) -> str | None:  # noqa: ANN401 any client may have settled the promise
    text = value.get(name) if isinstance(value, dict) else None
    return text if isinstance(text, str) and _SURROGATE.search(text) is None else None
