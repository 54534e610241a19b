"""The problems of single routes: what is wrong with a request, and what the client can do."""

import json
from collections.abc import Collection
from http import HTTPStatus
from typing import Final

from .errors import MAX_PROMISE_CHARACTERS, ProblemError, retry_later

MAX_FUNCTION_CHARACTERS: Final = 100
JOBS_RETRY_SECONDS: Final = 30  # then some of them have ended


def manifest_missing(upload_id: str) -> ProblemError:
    """The batch's manifest does not exist: not yet, not any more, or it never did."""
    sentence = (
        f"upload {upload_id} has no manifest: announce it by POST /uploads with the purpose manifest,"
        " send its bytes, then the batch again"
    )
    return ProblemError(HTTPStatus.CONFLICT, "upload_missing", sentence)


def upload_missing(upload_id: str) -> ProblemError:
    """The job's upload does not exist: not yet, not any more, or it never did."""
    sentence = f"upload {upload_id} has no document: send its bytes to the URL of POST /uploads, then the job again"
    return ProblemError(HTTPStatus.CONFLICT, "upload_missing", sentence)


def no_batch(batch_id: str) -> ProblemError:
    """The server has no such batch, or the caller may not reach it."""
    sentence = f"there is no batch {json.dumps(batch_id[:MAX_PROMISE_CHARACTERS])}, or its history was deleted"
    return ProblemError(HTTPStatus.NOT_FOUND, "no_batch", sentence)


def batch_id_taken(batch_id: str) -> ProblemError:
    """Another batch has this id."""
    sentence = f"batchId {batch_id} belongs to another request: send the same one again, or choose another id"
    return ProblemError(HTTPStatus.CONFLICT, "batch_id_taken", sentence)


def no_schedule(name: str) -> ProblemError:
    """The server has no such schedule, or the caller may not reach it."""
    sentence = f"there is no schedule {json.dumps(name[:MAX_PROMISE_CHARACTERS])}"
    return ProblemError(HTTPStatus.NOT_FOUND, "no_schedule", sentence)


def schedule_id_taken(name: str) -> ProblemError:
    """Another schedule has this id."""
    sentence = f"id {name} belongs to another schedule: delete that one first, or choose another id"
    return ProblemError(HTTPStatus.CONFLICT, "schedule_id_taken", sentence)


def unknown_function(name: str, names: Collection[str]) -> ProblemError:
    """No function has this name, or the deployment has no functions."""
    known = f"the functions are {', '.join(names)}" if names else "this deployment has none: see -c functions"
    sentence = f"there is no function {json.dumps(name[:MAX_FUNCTION_CHARACTERS])}: {known}"
    return ProblemError(HTTPStatus.BAD_REQUEST, "unknown_function", sentence)


def invalid_arguments(sentence: str) -> ProblemError:
    """The function takes other arguments."""
    return ProblemError(HTTPStatus.BAD_REQUEST, "invalid_arguments", sentence)


def invocation_id_taken(name: str) -> ProblemError:
    """Another invocation has this id."""
    sentence = f"id {name} belongs to another invocation: send the same one again, or choose another id"
    return ProblemError(HTTPStatus.CONFLICT, "invocation_id_taken", sentence)


def event_not_found(job_id: str, event: str) -> ProblemError:
    """The job has no such event, or no receiver."""
    named = json.dumps(event[:MAX_PROMISE_CHARACTERS])
    sentence = f"job {job_id} has no event {named}: GET /jobs/{job_id}/deliveries lists those that it has"
    return ProblemError(HTTPStatus.NOT_FOUND, "event_not_found", sentence)


def too_many_deliveries(event: str, max_deliveries: int) -> ProblemError:
    """A client has asked for another delivery again and again."""
    sentence = f"event {event} was delivered {max_deliveries} times: read the job at the API instead"
    return ProblemError(HTTPStatus.CONFLICT, "too_many_deliveries", sentence)


def no_such_page(job_id: str, page: str) -> ProblemError:
    """The document has fewer pages, or no pages that can be drawn."""
    sentence = f"the document of job {job_id} has no page {page[:MAX_PROMISE_CHARACTERS]} that can be drawn"
    return ProblemError(HTTPStatus.NOT_FOUND, "no_such_page", sentence)


def page_not_drawn(job_id: str, page: str, code: str, message: str) -> ProblemError:
    """The page cannot be drawn."""
    sentence = f"page {page} of job {job_id} cannot be drawn: {code}: {message}"
    return ProblemError(HTTPStatus.CONFLICT, "page_not_drawn", sentence)


def page_not_ready(seconds: int) -> ProblemError:
    """No worker has drawn the page yet."""
    return retry_later(HTTPStatus.SERVICE_UNAVAILABLE, "page_not_ready", "the page is not drawn yet", seconds)


def decision_not_found(decision: str) -> ProblemError:
    """No job that the caller may reach has this decision."""
    sentence = (
        f"there is no decision {json.dumps(decision[:MAX_PROMISE_CHARACTERS])}: GET /status shows what a job asks"
    )
    return ProblemError(HTTPStatus.NOT_FOUND, "decision_not_found", sentence)


def other_decision(decision: str, outcome: str) -> ProblemError:
    """Another decision came first, or the time for one is over."""
    return ProblemError(HTTPStatus.CONFLICT, "decided_otherwise", f"{decision} {outcome}")


def link_refused() -> ProblemError:
    """A link to a decision has no token, or the token of another decision."""
    sentence = "This link is not valid: open it as it is in the notice, or ask for a new one."
    return ProblemError(HTTPStatus.FORBIDDEN, "link_refused", sentence)


def link_over(reason: str) -> ProblemError:
    """The question of a link was answered, or has ended."""
    return ProblemError(HTTPStatus.GONE, "link_over", f"There is nothing to decide any more: {reason}.")


def wrong_signature(sentence: str) -> ProblemError:
    """A webhook's message is not signed, or was signed long ago."""
    return ProblemError(HTTPStatus.UNAUTHORIZED, "wrong_signature", sentence)


def estimate_not_ready(seconds: int) -> ProblemError:
    """No worker has made the estimate yet: all are busy, or the document is large."""
    sentence = "the estimate is not ready yet"
    return retry_later(HTTPStatus.SERVICE_UNAVAILABLE, "estimate_not_ready", sentence, seconds)


def too_many_estimates(seconds: int) -> ProblemError:
    """The client has used up this hour's estimates of one request."""
    sentence = "this request was estimated too often within the hour"
    return retry_later(HTTPStatus.TOO_MANY_REQUESTS, "too_many_estimates", sentence, seconds)


def too_many_jobs_per_hour(count: int, max_count: int, seconds: int) -> ProblemError:
    """The requester has used its jobs of this hour; after these seconds it may send another."""
    sentence = f"this requester has sent {count} jobs within an hour, and may send at most {max_count}"
    return retry_later(HTTPStatus.TOO_MANY_REQUESTS, "too_many_jobs_per_hour", sentence, seconds)


def too_many_jobs(count: int, max_count: int) -> ProblemError:
    """The requester has as many jobs as it may have at a time."""
    sentence = f"{count} jobs of this requester have not ended, and at most {max_count} may"
    return retry_later(HTTPStatus.TOO_MANY_REQUESTS, "too_many_jobs", sentence, JOBS_RETRY_SECONDS)
