"""The operations on jobs that have ended: read what they have stored, revoke, erase."""

from http import HTTPStatus
from typing import Literal

from contract.ended_jobs import Erasing, Revoked
from contract.jobs import FileLink

from .exchange import Operation, Request
from .jobs import check_id
from .sending import ask

type FileName = Literal["result", "text", "document"]


def file_link(job_id: str, name: FileName = "result") -> Operation[FileLink]:
    """Return where an object of a job is read, without credentials. A path belongs to the API's own address."""
    link: FileLink = yield from ask(_request("GET", job_id, f"/{name}"), FileLink, HTTPStatus.SEE_OTHER)
    return link


def revoke(job_id: str) -> Operation[Revoked]:
    """Revoke the result of a job that is done."""
    revoked: Revoked = yield from ask(_request("POST", job_id, "/revoke"), Revoked, HTTPStatus.ACCEPTED)
    return revoked


def erase(job_id: str) -> Operation[Erasing]:
    """Erase a job that has ended."""
    erasing: Erasing = yield from ask(_request("DELETE", job_id), Erasing, HTTPStatus.ACCEPTED)
    return erasing


def _request(method: str, job_id: str, part: str = "") -> Request:
    return Request(method=method, path=f"/jobs/{check_id(job_id)}{part}")
