"""The delivery of a job's event to the receiver that its client named.

Each event has a job of its own, so that it can be tried for days while the document's job is done, and so that no
receiver delays another. Each attempt is a checkpoint: together they are the log of the delivery.
"""

import json
from typing import Final

from contract.delivery import Delivery, DeliveryReceipt
from contract.delivery_log import LIFETIME_SECONDS
from contract.job import DocumentJob
from contract.names import DELIVER_EVENT, DELIVER_EVENT_VERSION, DELIVERY, Tag, delivery_id
from contract.notice import EndedJob, JobEvent
from durable import Retry, RootPromise, WorkflowName, step
from worker.durations import MINUTE

from .ports import Ports

_WORKFLOW: Final = WorkflowName(name=DELIVER_EVENT, version=DELIVER_EVENT_VERSION)
_ONE_ATTEMPT: Final = Retry(attempts=1)  # further ones are durable, so that the log has each


def delivery_root(job: DocumentJob | EndedJob, url: str, event: JobEvent, group: str | None = None) -> RootPromise:
    """Return the job of its own that delivers an event. Starting it twice has no effect.

    Without a group it is run by that of the step that starts it.
    """
    tags = {
        Tag.KIND: DELIVERY,
        Tag.JOB: job.job_id,
        Tag.REQUESTER: job.requester_id,
        Tag.RECEIVER: job.receiver or "",
    }
    return RootPromise(
        id=delivery_id(event.key),
        workflow=_WORKFLOW,
        args=(Delivery(url=url, event=event),),
        tags={str(name): value for name, value in tags.items()},
        lifetime=LIFETIME_SECONDS,
        group=group,
    )


class DeliverySteps:
    """The step that sends an event."""

    def __init__(self, ports: Ports) -> None:
        self._ports: Final = ports

    @step(timeout=2 * MINUTE, retry=_ONE_ATTEMPT)  # a minute for a place, and one for the request
    async def post_event(self, delivery: Delivery) -> DeliveryReceipt:
        """Send the event once. The receiver knows a repetition by its id."""
        body = json.dumps(delivery.event.to_cloud_event(), separators=(",", ":")).encode()
        return DeliveryReceipt(status=await self._ports.post(delivery.url, delivery.event.key, body))
