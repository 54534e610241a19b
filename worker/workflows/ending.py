"""Send the notice of how a job ended, and find the jobs that could not ask for theirs.

A notice is a workflow of its own, so that it can wait for its channel for weeks while its job is done. A job starts it
in its last step. A job whose promise was settled from outside, canceled or timed out, runs no step. So every worker
searches regularly for such jobs and starts their notices. The id of the workflow's promise derives from the job's, so a
second start has no effect. That works with every tool that cancels, and even if no worker runs at the time.

A search takes one request for each of the two endings, one more for each 1,000 such jobs in the server's history, and
one for each that this process has not seen before.
"""

import logging
from typing import Final

from pydantic import ValidationError

from contract.names import JOB, NOTIFY_ENDING, NOTIFY_ENDING_VERSION, PROMISE_PREFIX, Tag
from contract.notice import EndedJob, NoticeReceipt
from durable import Context, PromiseState, PromiseSummary, Server, log_event, workflow
from worker.steps.notice import NoticeSteps, notice_root
from worker.steps.ports import Ports

from .patient_retries import PATIENT_RETRY

_LOG = logging.getLogger(__name__)
_ENDINGS: Final[tuple[PromiseState, ...]] = ("rejected_canceled", "rejected_timedout")


class EndingWorkflow:
    """`notify_ending` is the workflow."""

    def __init__(self, ports: Ports) -> None:
        self.steps: Final = NoticeSteps(ports)

    @workflow(name=NOTIFY_ENDING, version=NOTIFY_ENDING_VERSION)
    async def notify_ending(self, ctx: Context, job: EndedJob) -> NoticeReceipt:
        """Notify the requester of one job as soon as the channel takes the notice.

        The event to a receiver does not wait for that.
        """
        if job.receiver:
            await PATIENT_RETRY.run(ctx, self.steps.start_delivery, job)
        return await PATIENT_RETRY.run(ctx, self.steps.send_notice, job)


class EndingSearch:
    """Finds jobs that were ended from outside. Its memory only saves requests."""

    def __init__(self, group: str) -> None:
        """`group` is the worker group that sends notices."""
        self._group: Final = group
        self._known: set[str] = set()

    async def __call__(self, server: Server) -> None:
        """Start the notice of each job that has none."""
        ended = set[str]()
        for state in _ENDINGS:
            async for job in server.find({Tag.KIND: JOB}, state=state):
                ended.add(job.id)
                if job.id not in self._known:
                    await self._start(server, job)
                    self._known.add(job.id)
        self._known = ended  # without jobs that the server has deleted

    async def _start(self, server: Server, job: PromiseSummary) -> None:
        try:
            ended = _read_ended(job)
        except ValidationError as error:
            message = "no notice was sent for a job with invalid tags"
            log_event(_LOG, logging.WARNING, message, {"promiseId": job.id}, error)
            return
        await server.start(notice_root(ended, self._group))


def _read_ended(job: PromiseSummary) -> EndedJob:
    return EndedJob.model_validate(
        {
            "job_id": job.id.removeprefix(PROMISE_PREFIX),
            "requester_id": job.tags.get(Tag.REQUESTER),
            "type": job.tags.get(Tag.TYPE),
            "receiver": job.tags.get(Tag.RECEIVER),
        }
    )
