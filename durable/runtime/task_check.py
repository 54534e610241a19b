"""Find out whether a task that is run here was ended from outside: canceled, halted, past its deadline, taken over.

The server does not report it: a canceled job's step would run to its end, and the server would refuse its result. A
listener on the promise would cost a request for every run, even a short one, and its message could be lost when a
stream is replaced.
"""

from typing import Final

from resonate.ids import ORIGIN_SEP
from resonate.types import PromiseSettleReq, Value

from durable.run import EndReason, Run
from durable.wire.records import Task

from .sender import RunSender

_DETACHED_PREFIX: Final = "d"  # the SDK's, of the lineage in the id of a detached call
_MAX_CANCELED_PARTS: Final = 1_000  # parts of one job in one request


async def check_task(run: Run, sender: RunSender) -> None:
    """End the run if its task was ended."""
    await _cancel_orphan(run, sender)
    task = await sender.task_get(run.id)
    if run.lease and (reason := _find_end_reason(task, run.lease.version)):
        run.end(reason)


async def _cancel_orphan(run: Run, sender: RunSender) -> None:
    """Cancel a part whose job has ended, because the server does not.

    The job's queued parts are canceled too, or workers would start each of them first. A detached call is meant to
    outlive its job.
    """
    job, _, lineage = run.id.partition(ORIGIN_SEP)
    if not _is_part(lineage) or (await sender.task_get(job)).state != "fulfilled":
        return
    left = await sender.promise_search(
        "pending", {"resonate:origin": job, "resonate:scope": "global"}, _MAX_CANCELED_PARTS, None
    )
    others = [promise.id for promise in left.promises if _is_part(promise.id.partition(ORIGIN_SEP)[2])]
    for promise in dict.fromkeys((*others, run.id)):
        await sender.promise_settle(PromiseSettleReq(id=promise, state="rejected_canceled", value=Value()))


def _is_part(lineage: str) -> bool:
    return bool(lineage) and not lineage.startswith(_DETACHED_PREFIX)


def _find_end_reason(task: Task, version: int) -> EndReason | None:
    """Return why a lease of this version is gone, or None if it is held."""
    if task.state == "fulfilled":
        return EndReason.SETTLED
    if task.state == "halted":
        return EndReason.HALTED
    return EndReason.TAKEN_OVER if task.version > version else None
