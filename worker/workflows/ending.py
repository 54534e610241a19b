"""The endings that a job cannot tell of itself: somebody canceled it, or nobody ran it by its deadline.

A promise that is settled runs nothing any more. So every worker looks now and then for jobs that ended so, and begins
for each that was not told of a job that tells. What is told is known by the server alone: the id of the telling is the
job's, and whoever begins it second begins nothing. That holds whoever canceled, with whatever tool, and when no worker
was there. A telling is a root of its own, so that it can go on trying for days.

A look is one request for each of the two endings, and one more for each 1,000 jobs in the server's history that ended
so; those who told are asked for only when there is a job that this process has not seen before.
"""

import logging
from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError
from resonate.context import Context

from contract.codes import Code
from contract.ending import Ended, Ending, Notified, Outcome
from contract.names import ENDING, JOB, NOTIFY_ENDING, NOTIFY_ENDING_VERSION, PROMISE_PREFIX, Tag, ending_id
from durable import (
    PromiseState,
    PromiseSummary,
    Retry,
    RootPromise,
    Server,
    Workflow,
    log_event,
    run_until_done,
    step,
    workflow,
)
from worker.providers.retries import PATIENT
from worker.steps.notify import notify_requester
from worker.steps.ports import Ports

_LOG = logging.getLogger(__name__)
_MINUTE: Final = 60.0
_HOUR: Final = 3_600.0
_DAY: Final = 86_400.0
# Long enough for a topic that was deleted to be found missing, and made again.
PAUSES: Final = (_MINUTE, 10 * _MINUTE, _HOUR, 6 * _HOUR, _DAY, _DAY, _DAY)
_LIFETIME: Final = 7 * _DAY  # of a telling; all its pauses take half of it
_ENDINGS: Final[dict[PromiseState, Outcome]] = {
    "rejected_canceled": Outcome.CANCELED,
    "rejected_timedout": Outcome.TIMED_OUT,
}


def ending_workflow(
    ports: Ports, *, retry: Retry = PATIENT, pauses: Sequence[float] = PAUSES
) -> Workflow[[Ended], Notified]:
    """Return the workflow that tells of one ending: with retries in memory, and after each pause again."""

    @step(timeout=_MINUTE, retry=retry)
    async def notify(job: Ended, ending: Ending) -> Notified:
        return await notify_requester(job, ending, send=ports.send, store=ports.store, now=ports.now)

    @workflow(name=NOTIFY_ENDING, version=NOTIFY_ENDING_VERSION)
    async def notify_ending(ctx: Context, job: Ended) -> Notified:
        return await run_until_done(ctx, pauses, notify, job, _ending(job.outcome))

    return notify_ending


class Teller:
    """Looks for jobs that nobody has told of. What it remembers saves requests and decides nothing."""

    def __init__(self, notify_ending: Workflow[[Ended], Notified]) -> None:
        self._notify_ending: Final = notify_ending
        self._known: set[str] = set()

    async def __call__(self, server: Server) -> None:
        """Have every ending told that is not."""
        seen = set[str]()
        told: set[str] | None = None
        for state, outcome in _ENDINGS.items():
            async for job in server.find({Tag.KIND: JOB}, state=state):
                seen.add(job.id)
                if job.id in self._known:
                    continue
                if told is None:
                    told = {ending.id async for ending in server.find({Tag.KIND: ENDING})}
                if ending_id(job.id.removeprefix(PROMISE_PREFIX)) not in told:
                    await self._tell(server, job, outcome)
                self._known.add(job.id)
        self._known = seen  # what the server has forgotten is forgotten here, too

    async def _tell(self, server: Server, job: PromiseSummary, outcome: Outcome) -> None:
        try:
            ended = _ended(job, outcome)
        except ValidationError as error:
            log_event(_LOG, logging.WARNING, "nobody can be told of a job with such tags", {"promiseId": job.id}, error)
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


def _ended(job: PromiseSummary, outcome: Outcome) -> Ended:
    return Ended.model_validate(
        {
            "job_id": job.id.removeprefix(PROMISE_PREFIX),
            "requester_id": job.tags.get(Tag.REQUESTER),
            "type": job.tags.get(Tag.TYPE),
            "outcome": outcome,
        }
    )


def _ending(outcome: Outcome) -> Ending:
    if outcome is Outcome.TIMED_OUT:
        return Ending(outcome=outcome, code=Code.DEADLINE, message="the job was not done by its deadline")
    return Ending(outcome=outcome)
