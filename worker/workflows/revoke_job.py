"""Revoke the result of a job that is done: run each compensation exactly once, the revocation first.

Each is a checkpoint, so a worker that resumes repeats only the others. A failed one is retried for weeks, as a notice
is: a result that a person has declared invalid must not stay.
"""

from typing import Final

from contract.ended_jobs import EndedJobRef
from contract.names import REVOKE_JOB, REVOKE_JOB_VERSION
from contract.notice import NoticeReceipt
from durable import Context, workflow
from worker.steps.ports import Ports
from worker.steps.revocation import RevocationSteps

from .patient_retries import PATIENT_RETRY


class RevocationWorkflow:
    """`revoke_job` is the workflow."""

    def __init__(self, ports: Ports, notices_group: str) -> None:
        self.steps: Final = RevocationSteps(ports, notices_group)

    @workflow(name=REVOKE_JOB, version=REVOKE_JOB_VERSION)
    async def revoke_job(self, ctx: Context, job: EndedJobRef) -> NoticeReceipt:
        """Revoke the result of one job, and tell its requester and its receiver."""
        await PATIENT_RETRY.run(ctx, self.steps.revoke_result, job)
        if job.receiver:
            await PATIENT_RETRY.run(ctx, self.steps.announce_revocation, job)
        return await PATIENT_RETRY.run(ctx, self.steps.send_revocation, job)
