"""The names that both sides must spell alike. A change of the workflow's sequence of steps is a new VERSION."""

from enum import StrEnum
from typing import Final

PROCESS_DOCUMENT: Final = "process_document"
VERSION: Final = 2

DOCUMENTS: Final = "documents"  # the worker group that jobs go to
DOCUMENTS_ADDRESS: Final = f"poll://any@{DOCUMENTS}"
PAGES: Final = "pages"  # the worker group that batches of pages go to: it has slots of its own
CHUNKS: Final = "chunks"  # the worker group that chunks of long texts go to: it has places of its own

PREFIX: Final = "doc/"

# The parts of a long document: a batch of pages, and batches that are waited for together.
READ_BATCH: Final = "read_batch"
READ_BATCH_VERSION: Final = 2
READ_STRETCH: Final = "read_stretch"
READ_STRETCH_VERSION: Final = 2

# A long text that a model reads chunk by chunk: a chunk, and chunks that are read one after another.
READ_CHUNK: Final = "read_chunk"
READ_CHUNK_VERSION: Final = 1
READ_CHUNKS: Final = "read_chunks"
READ_CHUNKS_VERSION: Final = 1

# What a job would take, found out without starting it: a workflow of its own, which pays nothing and keeps nothing.
ESTIMATE_DOCUMENT: Final = "estimate_document"
ESTIMATE_DOCUMENT_VERSION: Final = 1
ESTIMATE_PREFIX: Final = "estimate/"

# A job that was canceled or timed out cannot tell of it any more: this workflow does, as a root of its own.
TELL_ENDING: Final = "tell_ending"
TELL_ENDING_VERSION: Final = 1
ENDING_PREFIX: Final = "ending/"


class Step(StrEnum):
    """The steps of the workflow, in their order."""

    DOWNLOAD = "download"
    EXTRACT = "extract"
    ANALYZE = "analyze"
    STORE = "store"
    NOTIFY = "notify"


class Tag(StrEnum):
    """Our tags on a job's promise. Tags can be set only when it is created, so they are there from the first job on."""

    KIND = "longhand:kind"  # JOB: finds all jobs, and nothing else
    TYPE = "longhand:type"
    REQUESTER = "longhand:requester"
    DIGEST = "longhand:digest"  # tells the same request from another one with the same id


JOB: Final = "job"
ENDING: Final = "ending"  # the kind of what tells of a job that somebody else ended
ESTIMATE: Final = "estimate"  # the kind of what says what a job would take


INBOX: Final = "inbox"  # the folder of the object store that people put documents into
INCOMING: Final = "incoming"  # where a download lies until it is whole; a worker that is killed leaves it there


def pages_group(group: str) -> str:
    """The group for batches of pages that belongs to a group for jobs.

    Two systems on one server, each with a group and a store of its own, must not take each other's batches.
    """
    return _belonging(PAGES, group)


def chunks_group(group: str) -> str:
    """The group for chunks of texts that belongs to a group for jobs."""
    return _belonging(CHUNKS, group)


def _belonging(parts: str, group: str) -> str:
    return parts if group == DOCUMENTS else f"{group}-{parts}"


def promise_id(job_id: str) -> str:
    """The id of a job's durable promise."""
    return f"{PREFIX}{job_id}"


def ending_id(job_id: str) -> str:
    """The id of the promise that tells of a job's ending."""
    return f"{ENDING_PREFIX}{job_id}"


def job_prefix(job_id: str) -> str:
    """Where a job's objects lie in the object store."""
    return f"jobs/{job_id}"
