"""Send the notices of jobs that ended outside their workflow: canceled by a client or operator, or timed out.

A workflow whose promise is settled cannot run. So every worker searches regularly for jobs that ended this way, and
starts a workflow for each one without a notice. The workflow's promise id derives from the job's, so a second start has
no effect. That works whichever tool cancels, and even if no worker runs at the time. The workflow is a root of its own,
so that it can retry for days.

A search takes one request for each of the two endings, and one more for each 1,000 such jobs in the server's history.
The notices are listed only if there is a job that this process has not seen before.
"""

import logging
from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError

from contract.codes import Code
from contract.job import DocumentJob
from contract.names import ENDING, JOB, NOTIFY_ENDING, NOTIFY_ENDING_VERSION, PROMISE_PREFIX, Tag, ending_id
from contract.notice import EndedJob, NoticeContent, NoticeReceipt, Outcome
from durable import (
    Context,
    PromiseState,
    PromiseSummary,
    RootPromise,
    Server,
    Step,
    Workflow,
    log_event,
    run_until_done,
    workflow,
)

_LOG = logging.getLogger(__name__)
_MINUTE: Final = 60.0
_HOUR: Final = 3_600.0
_DAY: Final = 86_400.0
# Long enough for an operator to notice a deleted topic and to create it again.
PAUSES: Final = (_MINUTE, 10 * _MINUTE, _HOUR, 6 * _HOUR, _DAY, _DAY, _DAY)
_LIFETIME: Final = 7 * _DAY  # of the workflow; all its pauses take half of it
_OUTCOMES: Final[dict[PromiseState, Outcome]] = {
    "rejected_canceled": Outcome.CANCELED,
    "rejected_timedout": Outcome.TIMED_OUT,
}


class EndingWorkflow:
    """`notify_ending` is the workflow."""

    def __init__(
        self, notify: Step[[DocumentJob | EndedJob, NoticeContent], NoticeReceipt], *, pauses: Sequence[float] = PAUSES
    ) -> None:
        """`notify` sends a notice; while it fails, it is retried after each of the pauses."""
        self._notify: Final = notify
        self._pauses: Final = pauses

    @workflow(name=NOTIFY_ENDING, version=NOTIFY_ENDING_VERSION)
    async def notify_ending(self, ctx: Context, job: EndedJob) -> NoticeReceipt:
        """Notify the requester of one job."""
        return await run_until_done(ctx, self._pauses, self._notify, job, _notice_content(job.outcome))


class EndingSearch:
    """Finds jobs that ended without a notice. Its memory only saves requests."""

    def __init__(self, notify_ending: Workflow[[EndedJob], NoticeReceipt]) -> None:
        self._notify_ending: Final = notify_ending
        self._known: set[str] = set()

    async def __call__(self, server: Server) -> None:
        """Start the workflow for each job without a notice."""
        ended = set[str]()
        notified: set[str] | None = None
        for state, outcome in _OUTCOMES.items():
            async for job in server.find({Tag.KIND: JOB}, state=state):
                ended.add(job.id)
                if job.id in self._known:
                    continue
                if notified is None:
                    notified = {ending.id async for ending in server.find({Tag.KIND: ENDING})}
                if ending_id(job.id.removeprefix(PROMISE_PREFIX)) not in notified:
                    await self._start(server, job, outcome)
                self._known.add(job.id)
        self._known = ended  # without jobs that the server has deleted

    async def _start(self, server: Server, job: PromiseSummary, outcome: Outcome) -> None:
        try:
            ended = _read_ending(job, outcome)
        except ValidationError as error:
            message = "no notice was sent for a job with invalid tags"
            log_event(_LOG, logging.WARNING, message, {"promiseId": job.id}, error)
            return
        tags = {Tag.KIND: ENDING, Tag.TYPE: ended.type, Tag.REQUESTER: ended.requester_id}
        await server.start(
            RootPromise(
                id=ending_id(ended.job_id),
                workflow=self._notify_ending,
                args=(ended,),
                tags={str(name): str(value) for name, value in tags.items()},
                lifetime=_LIFETIME,
            )
        )


def _read_ending(job: PromiseSummary, outcome: Outcome) -> EndedJob:
    return EndedJob.model_validate(
        {
            "job_id": job.id.removeprefix(PROMISE_PREFIX),
            "requester_id": job.tags.get(Tag.REQUESTER),
            "type": job.tags.get(Tag.TYPE),
            "outcome": outcome,
        }
    )


def _notice_content(outcome: Outcome) -> NoticeContent:
    if outcome is Outcome.TIMED_OUT:
        return NoticeContent(outcome=outcome, code=Code.DEADLINE, message="the job was not done by its deadline")
    return NoticeContent(outcome=outcome)
