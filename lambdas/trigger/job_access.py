"""Finds the job that a request is about. The job of another requester does not exist for a caller."""

from contextlib import suppress

from contract.job import is_job_id
from contract.names import Tag, promise_id
from durable.wire.errors import NotFound
from durable.wire.records import Promise

from .errors import JobNotFoundError
from .gateway import Request
from .ports import Ports


def find_job(ports: Ports, request: Request, job_id: str) -> Promise:
    """Return the promise of a job that the caller may reach. Raises JobNotFoundError."""
    ports.log.append_keys(jobId=job_id)
    if is_job_id(job_id):
        with suppress(NotFound):
            promise = ports.server.get(promise_id(job_id))
            if request.caller.may_reach(promise.tags.get(Tag.REQUESTER)):
                return promise
    raise JobNotFoundError(job_id)
