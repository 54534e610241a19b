"""Finds the job, or other record, that a request names. To a caller, those of other requesters do not exist."""

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
    if promise := find_reachable(ports, request, job_id, promise_id(job_id)):
        return promise
    raise JobNotFoundError(job_id)


def find_reachable(ports: Ports, request: Request, name: str, promise: str) -> Promise | None:
    """Return the promise that a path names, if it exists and the caller may reach it.

    A name that no client can choose could lead to another promise, such as a step's.
    """
    if is_job_id(name):
        with suppress(NotFound):
            found = ports.server.get(promise)
            if request.caller.may_reach(found.tags.get(Tag.REQUESTER)):
                return found
    return None
