"""POST /jobs/<jobId>/cancel: settles the job's promise, so that no further step starts. The worker tells of the end."""

from contract.answers import Canceled, NotFound
from contract.job import is_job_id
from contract.names import promise_id
from durable.wire import errors
from durable.wire.client import Client
from durable.wire.requests import PromiseSettle

from .errors import job_ended
from .status import status_of


def cancel(job_id: str, server: Client) -> Canceled | NotFound:
    """Cancel a job. One that is canceled already gets the same answer; one that has ended otherwise is refused."""
    if not is_job_id(job_id):
        return NotFound(job_id=job_id)
    try:
        promise = server.settle(PromiseSettle(id=promise_id(job_id), state="rejected_canceled"))
    except errors.NotFound:
        return NotFound(job_id=job_id)
    answer = status_of(promise, job_id)
    if not isinstance(answer, Canceled):
        raise job_ended(job_id, answer.status)
    return answer
