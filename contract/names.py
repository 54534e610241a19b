"""The names that programs share. A change of a workflow's sequence of steps needs a new version."""

from enum import StrEnum
from typing import Final

PROCESS_DOCUMENT: Final = "process_document"
VERSION: Final = 1

DOCUMENTS: Final = "documents"  # the worker group for jobs
DOCUMENTS_ADDRESS: Final = f"poll://any@{DOCUMENTS}"
PAGES: Final = "pages"  # the worker group for batches of pages, with slots of its own
CHUNKS: Final = "chunks"  # the worker group for chunks of long texts, with a concurrency of its own

PROMISE_PREFIX: Final = "doc/"

# The parts of a long document: batches of pages, and chunks of a text that a model reads.
READ_PAGES: Final = "read_pages"
READ_PAGES_VERSION: Final = 1
READ_CHUNKS: Final = "read_chunks"
READ_CHUNKS_VERSION: Final = 1

# Estimates what a job would take, without starting it: this workflow pays nothing and stores nothing.
ESTIMATE_DOCUMENT: Final = "estimate_document"
ESTIMATE_DOCUMENT_VERSION: Final = 1
ESTIMATE_PREFIX: Final = "estimate/"

# A job that was canceled or timed out cannot notify its requester: this workflow does, as a root of its own.
NOTIFY_ENDING: Final = "notify_ending"
NOTIFY_ENDING_VERSION: Final = 1
ENDING_PREFIX: Final = "ending/"


class Step(StrEnum):
    """The steps of the workflow, in their order."""

    DOWNLOAD = "download"
    EXTRACT = "extract"
    ANALYZE = "analyze"
    STORE = "store"
    NOTIFY = "notify"


class Tag(StrEnum):
    """Our tags on the promise of a job. A promise gets its tags when it is created, and never later."""

    KIND = "longhand:kind"  # JOB, ENDING or ESTIMATE
    TYPE = "longhand:type"
    REQUESTER = "longhand:requester"
    DIGEST = "longhand:digest"  # tells a repeated request from another one with the same id


JOB: Final = "job"
ENDING: Final = "ending"  # the kind of a workflow that notifies of a canceled job or a timeout
ESTIMATE: Final = "estimate"  # the kind of an estimate


INBOX: Final = "inbox"  # the prefix in the object store for documents that clients upload
INCOMING: Final = "incoming"  # the prefix for downloads until they are whole; a killed worker leaves its there


def pages_group(group: str) -> str:
    """Return the group for batches of pages that belongs to a group for jobs.

    Two systems on one server, each with its group and its store, must not take each other's batches.
    """
    return _group_of(PAGES, group)


def chunks_group(group: str) -> str:
    """Return the group for chunks of texts that belongs to a group for jobs."""
    return _group_of(CHUNKS, group)


def _group_of(parts: str, group: str) -> str:
    return parts if group == DOCUMENTS else f"{group}-{parts}"


def promise_id(job_id: str) -> str:
    """Return the id of a job's durable promise."""
    return f"{PROMISE_PREFIX}{job_id}"


def ending_id(job_id: str) -> str:
    """Return the id of the promise that notifies of a job's ending."""
    return f"{ENDING_PREFIX}{job_id}"


def job_prefix(job_id: str) -> str:
    """Return the prefix of a job's objects in the object store."""
    return f"jobs/{job_id}"
