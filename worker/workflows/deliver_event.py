"""Deliver an event of a job, with retries for three days, after growing pauses.

The delivery ends when the receiver takes the event, is gone for good, or may not be reached. Every other failure is
retried, because a receiver may be repaired. A delivery that gives up fails as a job does; the log reports it.
"""

from typing import Final

from contract.delivery import Delivery, DeliveryReceipt
from contract.names import DELIVER_EVENT, DELIVER_EVENT_VERSION
from durable import Backoff, Context, DurableRetry, workflow
from worker.durations import HOUR
from worker.steps.ports import Ports
from worker.steps.post_event import DeliverySteps

# After 5 s, 20 s, 80 s, 5 min, 21 min, 85 min, and then every six hours: three days in all.
MAX_ATTEMPTS: Final = 18
RETRY: Final = DurableRetry(
    backoff=Backoff(first=5.0, factor=4.0, cap=6 * HOUR), attempts=MAX_ATTEMPTS, every_error=True
)


class DeliveryWorkflow:
    """`deliver_event` is the workflow."""

    def __init__(self, ports: Ports) -> None:
        self.steps: Final = DeliverySteps(ports)

    @workflow(name=DELIVER_EVENT, version=DELIVER_EVENT_VERSION)
    async def deliver_event(self, ctx: Context, delivery: Delivery) -> DeliveryReceipt:
        """Deliver one event to one receiver."""
        return await RETRY.run(ctx, self.steps.post_event, delivery)
