"""Notify of a job that waits for a person, as soon as the channel takes the notice, unless the wait is over by then."""

from typing import Final

from contract.names import NOTIFY_WAITING, NOTIFY_WAITING_VERSION
from contract.notice import NoticeReceipt, WaitingJob
from durable import Backoff, Context, DurableRetry, workflow
from worker.durations import HOUR, MINUTE
from worker.steps.ports import Ports
from worker.steps.wait_notice import WaitNoticeSteps

# Whatever the error: an operator may create a deleted topic again. The answer to the question ends it.
_RETRY: Final = DurableRetry(backoff=Backoff(first=MINUTE, factor=3.0, cap=HOUR), every_error=True)


class WaitNoticeWorkflow:
    """`notify_waiting` is the workflow."""

    def __init__(self, ports: Ports) -> None:
        self.steps: Final = WaitNoticeSteps(ports)

    @workflow(name=NOTIFY_WAITING, version=NOTIFY_WAITING_VERSION)
    async def notify_waiting(self, ctx: Context, job: WaitingJob) -> NoticeReceipt | None:
        """Notify of one wait."""
        return await _RETRY.run(ctx, self.steps.send_wait_notice, job)
