"""Notify: tell whoever asked how the job ended."""

from datetime import UTC, datetime

from contract.ending import Ended, Ending, Notice, Notified
from contract.job import DocumentJob
from contract.names import job_prefix
from worker.adapters.object_store import Store

from .ports import Now, Send


async def notify_requester(job: DocumentJob | Ended, ending: Ending, *, send: Send, store: Store, now: Now) -> Notified:
    """Write the notice down, and send what is written.

    Nobody can send exactly once. So it is sent at least once, and always the same: a second run finds the first one's
    notice, with its time, and the receiver knows it by its key.
    """
    notice = _notice(job, ending, now())
    key = f"{job_prefix(job.job_id)}/notice-{ending.outcome}.json"
    reference = await store.create(key, notice.model_dump_json(exclude_none=True).encode())
    written = Notice.model_validate_json(await store.read(reference))
    await send(written)
    return Notified(key=written.key, notified_at=written.at)


def _notice(job: DocumentJob | Ended, ending: Ending, now: float) -> Notice:
    return Notice(
        **dict(ending),
        key=f"{job.job_id}.{ending.outcome}",  # no id has a dot
        job_id=job.job_id,
        requester_id=job.requester_id,
        type=job.type,
        at=datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds"),
    )
