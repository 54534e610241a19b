"""The names that both sides must spell alike. A change of the workflow's sequence of steps is a new VERSION."""

from enum import StrEnum
from typing import Final

PROCESS_DOCUMENT: Final = "process_document"
VERSION: Final = 1

DOCUMENTS: Final = "documents"  # the worker group that jobs go to
DOCUMENTS_ADDRESS: Final = f"poll://any@{DOCUMENTS}"

PREFIX: Final = "doc/"


class Step(StrEnum):
    """The steps of the workflow, in their order."""

    DOWNLOAD = "download"
    EXTRACT = "extract"
    ANALYZE = "analyze"
    STORE = "store"
    NOTIFY = "notify"


class Tag(StrEnum):
    """Our tags on a job's promise. Tags can be set only when it is created, so they are there from the first job on."""

    KIND = "longhand:kind"  # always JOB: finds all jobs, and nothing else
    TYPE = "longhand:type"
    REQUESTER = "longhand:requester"
    DIGEST = "longhand:digest"  # tells the same request from another one with the same id


JOB: Final = "job"


def promise_id(job_id: str) -> str:
    """The id of a job's durable promise."""
    return f"{PREFIX}{job_id}"


def job_prefix(job_id: str) -> str:
    """Where a job's objects lie in the object store."""
    return f"jobs/{job_id}"
