"""The inbox: a file under `inbox/<type>/` in the object store becomes a job by itself.

The job's id is made of the file's key and version. So a version makes one job however often it is announced, and a new
version makes another job. The worker reads exactly that version.
"""

import hashlib
import re
from enum import StrEnum
from typing import Final

from contract.inbox import INBOX_REQUESTER, InboxFile
from contract.job import TYPE_NAME, DocumentJob
from contract.object_keys import INBOX

from .errors import ProblemError
from .ports import Ports
from .submit import record_job

_MAX_READABLE: Final = 48  # characters of the file's name in an id
_DIGITS: Final = 32  # 128 bits tell all versions of all files apart
_TYPE: Final = re.compile(TYPE_NAME)


class Refusal(StrEnum):
    """Why a file does not become a job, however often it is announced."""

    NO_FILE = "it is a folder, or hidden"
    NO_TYPE = "it is not in a folder of a type"
    UNKNOWN_TYPE = "its folder has the name of no type that the workers know"
    TAKEN = "a client has its jobId"


def accept_file(ports: Ports, file: InboxFile) -> Refusal | None:
    """Record the job of a file, or return why it has none. Raises a WireError while the server is down."""
    refusal = _find_refusal(ports, file) or _record(ports, file)
    if refusal:
        ports.log.warning("inbox file refused", key=file.key, version=file.version, reason=refusal)
    return refusal


def make_job(file: InboxFile) -> DocumentJob:
    """Return the job of a file."""
    name = file.key.rpartition("/")[2]
    readable = re.sub(r"[^A-Za-z0-9]+", "-", name.rpartition(".")[0] or name).strip("-")[:_MAX_READABLE].strip("-")
    digits = hashlib.sha256(f"{file.key}\n{file.version}".encode()).hexdigest()[:_DIGITS]
    job_id = "-".join(filter(None, ("inbox", readable, digits)))
    return DocumentJob(job_id=job_id, requester_id=INBOX_REQUESTER, type=_read_type(file.key), inbox_file=file)


def _find_refusal(ports: Ports, file: InboxFile) -> Refusal | None:
    _, *folders, name = file.key.split("/")
    if not name or name.startswith("."):
        return Refusal.NO_FILE
    if not folders or not file.key.startswith(f"{INBOX}/"):
        return Refusal.NO_TYPE
    if not _TYPE.fullmatch(folders[0]) or folders[0] not in ports.types:
        return Refusal.UNKNOWN_TYPE
    return None


def _record(ports: Ports, file: InboxFile) -> Refusal | None:
    job = make_job(file)
    try:
        promise = record_job(job, ports.server, ports.clock)
    except ProblemError:
        return Refusal.TAKEN
    ports.log.info("inbox file accepted", key=file.key, jobId=job.job_id, state=promise.state)
    return None


def _read_type(key: str) -> str:
    return key.split("/")[1]
