"""GET /jobs/<jobId>/result, /text and /document: redirect to what a job has stored.

The checkpoints of its steps name the objects. So a client gets exactly the objects that the job uses, even if the job
failed later, and no key contains a client's text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from contract.answers import STATES
from contract.jobs import FileLink
from contract.names import Step, promise_id
from contract.object_keys import job_prefix
from contract.times import format_seconds
from durable.wire.client import Client
from durable.wire.records import Promise
from durable.wire.requests import NAME_TAG, PromiseSearch

from .errors import result_revoked, wrong_state
from .gateway import Request, Response
from .job_access import find_job
from .ports import Ports
from .status import decode_value, find_revocation

_PAGE_SIZE: Final = 100  # checkpoints with the name of a step: its result, and its failed durable attempts
JOIN: Final = "join"  # the step that stores the text of a document whose pages other tasks have read
DOCUMENT_STEPS: Final = (Step.DOWNLOAD,)
TEXT_STEPS: Final = (Step.EXTRACT, JOIN)


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """An object of a job, and how many bytes it has."""

    key: str
    size: int


def answer_result(ports: Ports, request: Request, job_id: str) -> Response:
    """Redirect to the result, unless it was revoked."""
    promise = find_job(ports, request, job_id)
    if promise.state == "resolved" and (revoked_at := find_revocation(job_id, ports.server)):
        raise result_revoked(job_id, revoked_at)
    return _redirect(ports, promise, job_id, "result", (Step.STORE,))


def answer_text(ports: Ports, request: Request, job_id: str) -> Response:
    """Redirect to the text of the document."""
    return _redirect(ports, find_job(ports, request, job_id), job_id, "text", TEXT_STEPS)


def answer_document(ports: Ports, request: Request, job_id: str) -> Response:
    """Redirect to the document."""
    return _redirect(ports, find_job(ports, request, job_id), job_id, "document", DOCUMENT_STEPS)


def _redirect(ports: Ports, promise: Promise, job_id: str, name: str, steps: Sequence[str]) -> Response:
    file = find_file(job_id, steps, ports.server)
    if file is None:
        raise wrong_state(job_id, STATES[promise.state], f"it has no {name}{_describe_time(promise)}")
    return redirect_to(ports, file)


def redirect_to(ports: Ports, file: StoredFile) -> Response:
    """Redirect to an object."""
    address = ports.files.make(file.key)
    link = FileLink(url=address.url, size=file.size, expires_at=_add_seconds(ports, address.seconds))
    return Response(HTTPStatus.SEE_OTHER, link, {"Location": link.url, "Cache-Control": "no-store"})


def find_file(job_id: str, steps: Sequence[str], server: Client) -> StoredFile | None:
    """Return the object that one of these steps of the job has stored."""
    return read_reference(find_checkpoint(job_id, steps, server), job_id)


def find_checkpoint(job_id: str, steps: Sequence[str], server: Client) -> dict[str, Any] | None:
    """Return what one of these steps of the job returned, with the object that it stored."""
    for step in steps:
        tags = {"resonate:origin": promise_id(job_id), NAME_TAG: step}
        for checkpoint in server.search_all(PromiseSearch(tags=tags, state="resolved", limit=_PAGE_SIZE)):
            value: dict[str, Any] | None = decode_value(checkpoint.value)
            if read_reference(value, job_id):
                return value
    return None


def read_reference(value: object, job_id: str) -> StoredFile | None:
    """Return the job's object in a checkpoint; None if the step left the text to other tasks."""
    match value:
        case {"reference": {"key": str(key), "size": int(size)}} if key.startswith(f"{job_prefix(job_id)}/"):
            return StoredFile(key=key, size=size)
        case {"value": dict(inner)}:
            return read_reference(inner, job_id)
        case _:
            return None


def _describe_time(promise: Promise) -> str:
    return " yet" if promise.state == "pending" else ""


def _add_seconds(ports: Ports, seconds: int | None) -> str | None:
    if seconds is None:
        return None
    return format_seconds(ports.clock.now() + seconds)
