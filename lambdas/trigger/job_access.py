"""Finds the job that a request is about. The job of another requester does not exist for a caller."""

from contextlib import suppress

from contract.job import is_job_id
from contract.names import Tag, promise_id
from durable.wire.errors import NotFound
from durable.wire.records import Promise

from .erased import raise_if_erased
from .errors import JobNotFoundError
from .gateway import Request
from .ports import Ports


def find_job(ports: Ports, request: Request, job_id: str) -> Promise:
    """Return the promise of a job that the caller may reach.

    Raises JobNotFoundError, and ProblemError if it was erased: one more request for each job that has ended.
    """
    promise = find_record(ports, request, job_id)
    raise_if_erased(promise, ports.server)
    return promise


def find_record(ports: Ports, request: Request, job_id: str) -> Promise:
    """Return the promise of a job that the caller may reach, even if it was erased. Raises JobNotFoundError."""
    ports.log.append_keys(jobId=job_id)
    if is_job_id(job_id):
        with suppress(NotFound):
            promise = ports.server.get(promise_id(job_id))
            if request.caller.may_reach(promise.tags.get(Tag.REQUESTER)):
                return promise
    raise JobNotFoundError(job_id)
