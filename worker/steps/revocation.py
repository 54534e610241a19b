"""Revoke the result of a done job, and announce it.

The notice is made of the revocation's own record, so a repeated one is identical.
"""

from typing import Final

from contract.delivery_log import EventName
from contract.ended_jobs import EndedJobRef
from contract.notice import Notice, NoticeReceipt, Outcome
from contract.object_keys import job_prefix
from contract.times import format_seconds
from durable import Retry, current_run, step
from worker.durations import MINUTE

from .announcements import announce
from .ports import Ports

_RETRY: Final = Retry(attempts=3, first=1.0)  # longer waits are durable


class RevocationSteps:
    """The steps that revoke a result; `ports` is their access to the outside."""

    def __init__(self, ports: Ports, notices_group: str) -> None:
        self._ports: Final = ports
        self._notices_group: Final = notices_group

    @step(timeout=2 * MINUTE, retry=_RETRY)
    async def revoke_result(self, job: EndedJobRef) -> int:
        """Delete the stored result, and return how many versions there were."""
        return await self._ports.erase(f"{job_prefix(job.job_id)}/result.json")

    @step(timeout=2 * MINUTE, retry=_RETRY)
    async def send_revocation(self, job: EndedJobRef) -> NoticeReceipt:
        """Send the requester the notice that the result is revoked."""
        notice = build_revocation(job)
        await self._ports.send(notice)
        return NoticeReceipt(key=notice.key, at=notice.at)

    @step(timeout=2 * MINUTE, retry=_RETRY)
    async def announce_revocation(self, job: EndedJobRef) -> str | None:
        """Hand the revocation over to a job that delivers it to the client's receiver; return its key."""
        return await announce(job.job_id, EventName.REVOKED, self._notices_group, at=current_run().created_at)


def build_revocation(job: EndedJobRef) -> Notice:
    """Return the notice; its time is that of the revocation's record."""
    return Notice(
        outcome=Outcome.REVOKED,
        key=f"{job.job_id}.{Outcome.REVOKED}",
        job_id=job.job_id,
        requester_id=job.requester_id,
        type=job.type,
        at=format_seconds(current_run().created_at or 0.0),
    )
