"""The notice that a job waits for a person, which its requester gets when the wait begins, and again as a reminder.

As the notice of an end, it is made from the server's records and has a workflow of its own, so that a channel that is
away holds back neither the question nor its answer. If the question is answered by then, no notice is sent.
"""

import logging
from typing import Final

from contract.delivery_log import EventName
from contract.names import (
    NOTIFY_WAITING,
    NOTIFY_WAITING_VERSION,
    WAITING,
    Step,
    Tag,
    decision_id,
    promise_id,
    waiting_id,
)
from contract.notice import NoticeReceipt, Stage, WaitingJob, WaitNotice
from contract.progress import Wait
from contract.times import format_seconds
from durable import PromiseSnapshot, Retry, RootPromise, WorkflowName, current_run, log_event, step
from worker.durations import MINUTE

from .announcements import announce
from .ports import Ports

_LOG: Final = logging.getLogger(__name__)
_LIFETIME_SECONDS: Final = 30 * 24 * 3_600.0  # as long as a job may wait
_WORKFLOW: Final = WorkflowName(name=NOTIFY_WAITING, version=NOTIFY_WAITING_VERSION)
_QUIET: Final = {"findings", "fields"}  # the findings quote the document
_RETRY: Final = Retry(attempts=3, first=1.0)  # longer waits are durable
_LOG_MESSAGES: Final = {
    Stage.ASKED: "a job waits for a decision",
    Stage.REMINDER: "a job still waits for a decision",
    Stage.ESCALATION: "a job waits for a decision, and its time is almost over",
}


async def announce_wait(  # noqa: PLR0913 keyword-only
    ports: Ports, job_id: str, before: Step, wait: Wait, *, stage: Stage = Stage.ASKED, number: int = 0
) -> float:
    """Report and log what a job waits for before a step, and start the notice to its requester; return the time."""
    now = ports.now()
    await ports.progress.report_wait(job_id, before, wait)
    shown = {name: value for name, value in wait.to_dict().items() if name not in _QUIET}
    fields = {"event": "waiting", "promiseId": promise_id(job_id), "stage": stage, **shown}
    log_event(_LOG, logging.WARNING, _LOG_MESSAGES[stage], fields)
    waiting = WaitingJob(
        job_id=job_id,
        promise=wait.promise,
        reason=wait.reason,
        message=wait.message,
        at=now,
        until=wait.until,
        stage=stage,
        number=number,
    )
    await current_run().tools.promises.start(wait_notice_root(waiting, ports.notices_group))
    if number == 0:  # a receiver gets no reminders
        await _announce_to_receiver(waiting, ports.notices_group)
    return now


async def _announce_to_receiver(job: WaitingJob, group: str) -> None:
    data = {
        "reason": job.reason.value,
        "message": job.message,
        "decision": decision_id(job.promise),
        "until": format_seconds(job.until),
    }
    place = job.promise.partition(":")[2]  # of the question among the job's calls
    await announce(job.job_id, EventName.WAITING, group, at=job.at, data=data, place=place)


def wait_notice_root(job: WaitingJob, group: str) -> RootPromise:
    """Return the job of its own that sends a notice. Starting it twice has no effect."""
    return RootPromise(
        id=waiting_id(job.promise, job.number),
        workflow=_WORKFLOW,
        args=(job,),
        tags={str(Tag.KIND): WAITING},
        lifetime=_LIFETIME_SECONDS,
        group=group,
    )


class WaitNoticeSteps:
    """The step that sends such a notice."""

    def __init__(self, ports: Ports) -> None:
        self._ports: Final = ports

    @step(timeout=2 * MINUTE, retry=_RETRY)
    async def send_wait_notice(self, job: WaitingJob) -> NoticeReceipt | None:
        """Send the notice, unless the question has its answer or the job has ended."""
        promises = current_run().tools.promises
        record, question = await promises.read(promise_id(job.job_id)), await promises.read(job.promise)
        if record.state != "pending" or question.state != "pending":
            return None
        notice = build_wait_notice(job, record, self._ports.make_link(decision_id(job.promise)))
        await self._ports.send(notice)
        return NoticeReceipt(key=notice.key, at=notice.at)


def build_wait_notice(job: WaitingJob, record: PromiseSnapshot, link: str | None) -> WaitNotice:
    """Return the notice of a wait; the record is the job's, with its request."""
    [request] = record.args
    decision = decision_id(job.promise)
    return WaitNotice(
        stage=job.stage,
        key=f"{decision.replace(':', '.waiting.')}.{job.number}",
        job_id=job.job_id,
        requester_id=request["requesterId"],
        type=request["type"],
        at=format_seconds(job.at),
        reason=job.reason,
        message=job.message,
        decision=decision,
        promise=job.promise,
        until=format_seconds(job.until),
        link=link,
    )
