"""POST /jobs/<jobId>/cancel: settles the job's promise, so that no further step starts. The worker tells of the end."""

from contract.answers import STATES, Canceled
from contract.names import promise_id
from durable.wire.client import Client
from durable.wire.requests import PromiseSettle

from .errors import job_ended


def cancel(job_id: str, server: Client) -> Canceled:
    """Cancel a job. One that is canceled already gets the same answer; one that has ended otherwise is refused."""
    promise = server.settle(PromiseSettle(id=promise_id(job_id), state="rejected_canceled"))
    if promise.state != "rejected_canceled":
        raise job_ended(job_id, STATES[promise.state])
    return Canceled(job_id=job_id)
