"""The notice of how a job ended, which the requester gets at least once and always with the same content."""

from datetime import UTC, datetime

from contract.job import DocumentJob
from contract.names import job_prefix
from contract.notice import EndedJob, Notice, NoticeContent, NoticeReceipt

from .ports import Ports


async def send_notice(job: DocumentJob | EndedJob, content: NoticeContent, ports: Ports) -> NoticeReceipt:
    """Store the notice, and send the one that is stored.

    No channel delivers exactly once. A second run finds the notice of the first one, with its time, and sends it again;
    the receiver recognizes it by its key.
    """
    notice = _notice(job, content, ports.now())
    key = f"{job_prefix(job.job_id)}/notice-{content.outcome}.json"
    reference = await ports.store.create(key, notice.model_dump_json(exclude_none=True).encode())
    stored = Notice.model_validate_json(await ports.store.read(reference))
    await ports.send(stored)
    return NoticeReceipt(key=stored.key, notified_at=stored.at)


def _notice(job: DocumentJob | EndedJob, content: NoticeContent, now: float) -> Notice:
    return Notice(
        **dict(content),
        key=f"{job.job_id}.{content.outcome}",  # no id has a dot
        job_id=job.job_id,
        requester_id=job.requester_id,
        type=job.type,
        at=datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds"),
    )
