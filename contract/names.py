"""The names that programs share. A change of a workflow's sequence of steps needs a new version."""

from enum import StrEnum
from typing import Final

PROCESS_DOCUMENT: Final = "process_document"
VERSION: Final = 1

DOCUMENTS: Final = "documents"  # the worker group for jobs
DOCUMENTS_ADDRESS: Final = f"poll://any@{DOCUMENTS}"
PAGES: Final = "pages"  # the worker group for batches of pages
CHUNKS: Final = "chunks"  # the worker group for chunks of long texts
NOTICES: Final = "notices"  # the worker group for notices, which never wait behind jobs
NOTICES_ADDRESS: Final = f"poll://any@{NOTICES}"
FUNCTIONS: Final = "functions"  # the group of tasks that a worker passes on to the function worker on Lambda
FUNCTIONS_ADDRESS: Final = f"poll://any@{FUNCTIONS}"

PROMISE_PREFIX: Final = "doc/"

# The parts of a long document: batches of pages, and chunks of a text that a model reads.
READ_PAGES: Final = "read_pages"
READ_PAGES_VERSION: Final = 1
READ_CHUNKS: Final = "read_chunks"
READ_CHUNKS_VERSION: Final = 1

# Estimates the time and cost of a job; it pays nothing and stores nothing.
ESTIMATE_DOCUMENT: Final = "estimate_document"
ESTIMATE_DOCUMENT_VERSION: Final = 1
ESTIMATE_PREFIX: Final = "estimate/"

# Notifies the requester of how a job has ended. It is a job of its own, because a job that has ended runs no step.
NOTIFY_ENDING: Final = "notify_ending"
NOTIFY_ENDING_VERSION: Final = 1
ENDING_PREFIX: Final = "ending/"

# Draws a page of a job's document for people.
DRAW_PAGE: Final = "draw_page"
DRAW_PAGE_VERSION: Final = 1
PAGE_PREFIX: Final = "page/"
# Delivers an event of a job to the client's callbackUrl. It is a job of its own, so that a slow receiver delays no job.
DELIVER_EVENT: Final = "deliver_event"
DELIVER_EVENT_VERSION: Final = 1
DELIVERY_PREFIX: Final = "delivery/"

# Revokes the result of a done job, and announces it.
REVOKE_JOB: Final = "revoke_job"
REVOKE_JOB_VERSION: Final = 1
REVOCATION_PREFIX: Final = "revoke/"
# Deletes the objects of a job. A promise with its id says that the job is erased.
ERASE_JOB: Final = "erase_job"
ERASE_JOB_VERSION: Final = 1
ERASURE_PREFIX: Final = "erase/"

# Notifies of a job that waits for a person. A job of its own, because the job itself waits.
NOTIFY_WAITING: Final = "notify_waiting"
NOTIFY_WAITING_VERSION: Final = 1
WAITING_PREFIX: Final = "waiting/"

# The names of the questions of a job, each that of the step that asks it. The server's records have them as tags.
ASK_FOR_MORE: Final = "ask_for_more"  # a higher cost limit
ASK_REVIEWER: Final = "ask_reviewer"  # a review of the findings
REJECTION_CODE: Final = "rejected"  # the code of the error with which a person refuses

# Creates the jobs of a batch, or cancels them.
SUBMIT_BATCH: Final = "submit_batch"
SUBMIT_BATCH_VERSION: Final = 1
BATCH_PREFIX: Final = "batch/"
CANCEL_BATCH: Final = "cancel_batch"
CANCEL_BATCH_VERSION: Final = 1
BATCH_CANCEL_PREFIX: Final = "batch-cancel/"

# Starts the job of one time of a schedule.
START_SCHEDULED_JOB: Final = "start_scheduled_job"
START_SCHEDULED_JOB_VERSION: Final = 1
SCHEDULE_PREFIX: Final = "schedule/"
TICK_PREFIX: Final = "tick/"

INVOCATION_PREFIX: Final = "fn/"  # promises of functions that clients invoke by name begin with it


class Step(StrEnum):
    """The steps of the workflow, in their order."""

    DOWNLOAD = "download"
    EXTRACT = "extract"
    ANALYZE = "analyze"
    STORE = "store"
    NOTIFY = "notify"


class Tag(StrEnum):
    """Our tags on the promise of a job. Tags are fixed when a promise is created."""

    KIND = "longhand:kind"  # JOB, or the kind of another workflow, as below
    TYPE = "longhand:type"
    REQUESTER = "longhand:requester"
    DIGEST = "longhand:digest"  # distinguishes a repeated request from another one with the same id
    BATCH = "longhand:batch"  # the id of the job's batch
    SCHEDULE = "longhand:schedule"  # the id of the job's schedule
    RETRY_OF = "longhand:retry-of"  # the first job of a chain of retries
    RETRY = "longhand:retry"  # the number of a job in the chain, from 1
    # The host of a callbackUrl, on the job and on its deliveries. The URL itself may hold a secret.
    RECEIVER = "longhand:receiver"
    JOB = "longhand:job"  # the id of the job that a delivery, a revocation or an erasure is about


JOB: Final = "job"
ENDING: Final = "ending"  # the kind of a NOTIFY_ENDING workflow
WAITING: Final = "waiting"  # the kind of a NOTIFY_WAITING workflow
ESTIMATE: Final = "estimate"  # the kind of an estimate
PAGE: Final = "page"  # the kind of a DRAW_PAGE workflow
REVOCATION: Final = "revocation"  # the kind of a REVOKE_JOB workflow
ERASURE: Final = "erasure"  # the kind of an ERASE_JOB workflow
DELIVERY: Final = "delivery"  # the kind of a DELIVER_EVENT workflow
TICK: Final = "tick"  # the kind of a START_SCHEDULED_JOB workflow
BATCH: Final = "batch"  # the kind of a SUBMIT_BATCH workflow
BATCH_CANCEL: Final = "batch-cancel"  # the kind of a CANCEL_BATCH workflow
INVOCATION: Final = "invocation"  # the kind of a function that a client invoked by name


# The suffix of the database in which a deployment proves a new server before it stops the running one.
PROOF_DATABASE_SUFFIX: Final = "_proof"


def pages_group(group: str) -> str:
    """Return the group for batches of pages that belongs to a group for jobs.

    Two systems may share a server, each with its own group and store. Then neither may take the other's batches.
    """
    return _group_of(PAGES, group)


def chunks_group(group: str) -> str:
    """Return the group for chunks of texts that belongs to a group for jobs."""
    return _group_of(CHUNKS, group)


def notices_group(group: str) -> str:
    """Return the group for notices that belongs to a group for jobs."""
    return _group_of(NOTICES, group)


def functions_group(group: str) -> str:
    """Return the group for functions that belongs to a group for jobs."""
    return _group_of(FUNCTIONS, group)


def _group_of(kind: str, group: str) -> str:
    return kind if group == DOCUMENTS else f"{group}-{kind}"


def promise_id(job_id: str) -> str:
    """Return the id of a job's durable promise."""
    return f"{PROMISE_PREFIX}{job_id}"


def decision_id(promise: str) -> str:
    """Return a question's id in the API from its promise's id: `first:3`."""
    return promise.removeprefix(PROMISE_PREFIX)


def question_id(decision: str) -> str:
    """Return the id of a question's promise from its id in the API."""
    return f"{PROMISE_PREFIX}{decision}"


def job_of(decision: str) -> str:
    """Return the id of the job that waits for a decision."""
    return decision.partition(":")[0]


def ending_id(job_id: str) -> str:
    """Return the id of the promise that notifies of a job's ending."""
    return f"{ENDING_PREFIX}{job_id}"


def delivery_id(event: str, number: int = 1) -> str:
    """Return the id of the promise that delivers an event; a client asked for each delivery after the first."""
    return f"{DELIVERY_PREFIX}{event}" if number == 1 else f"{DELIVERY_PREFIX}{event}/{number}"


def schedule_record_id(schedule_id: str) -> str:
    """Return the id that the server knows a schedule by."""
    return f"{SCHEDULE_PREFIX}{schedule_id}"


def tick_template(schedule_id: str) -> str:
    """Return the template of the ids of a schedule's promises, in which the server fills in the time."""
    return f"{TICK_PREFIX}{schedule_id}-{{{{.timestamp}}}}"


def batch_promise_id(batch_id: str) -> str:
    """Return the id of the promise that creates a batch's jobs."""
    return f"{BATCH_PREFIX}{batch_id}"


def batch_cancel_id(batch_id: str) -> str:
    """Return the id of the promise that cancels a batch's jobs."""
    return f"{BATCH_CANCEL_PREFIX}{batch_id}"


def waiting_id(question: str, number: int) -> str:
    """Return the id of the promise that notifies, for the nth time, of what a question's job waits for."""
    # Dots and colons would make it a promise of the job.
    name = decision_id(question).replace(":", "/").replace(".", "_")
    return f"{WAITING_PREFIX}{name}/{number}"


def invocation_id(name: str) -> str:
    """Return the id of the durable promise of an invocation, which its client named."""
    return f"{INVOCATION_PREFIX}{name}"


def revocation_id(job_id: str) -> str:
    """Return the id of the promise that revokes a job's result."""
    return f"{REVOCATION_PREFIX}{job_id}"


def erasure_id(job_id: str) -> str:
    """Return the id of the promise that erases a job."""
    return f"{ERASURE_PREFIX}{job_id}"


def page_id(job_id: str, number: int) -> str:
    """Return the id of the promise that draws a page of a job's document."""
    return f"{PAGE_PREFIX}{job_id}/{number}"
