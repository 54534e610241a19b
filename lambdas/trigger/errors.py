"""Turns every failure into an answer of the API, without the server's address, a token or a traceback."""

import json
from collections.abc import Collection, Iterable
from http import HTTPStatus
from typing import Final

from aws_lambda_powertools import Logger

from contract.answers import JobState, NotFound, Problem
from durable.wire.errors import Denied, WireError

from .gateway import Response

PROBLEM_MEDIA_TYPE: Final = "application/problem+json"
JOBS_RETRY_SECONDS: Final = 30  # then some of them have ended
RETRY_AFTER_SECONDS: Final = 2  # the server restarts in about that time
MAX_PROMISE_CHARACTERS: Final = 200  # of a client's text in a sentence
MAX_FUNCTION_CHARACTERS: Final = 100


class ProblemError(Exception):
    """Ends a request: a status, a code for programs, a sentence for people, and perhaps headers and a job's state."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        sentence: str,
        headers: dict[str, str] | None = None,
        *,
        state: JobState | None = None,
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.sentence = sentence
        self.headers = headers or {}
        self.state = state

    def about(self, part: str) -> "ProblemError":
        """Return the problem as one of a part of the request."""
        return type(self)(self.status, self.code, f"{part}: {self.sentence}", self.headers, state=self.state)


class JobNotFoundError(Exception):
    """The server has no such job, no job can have this id, or the caller may not reach it."""

    def __init__(self, job_id: str) -> None:
        super().__init__(job_id)
        self.job_id = job_id


def bad_request(sentence: str) -> ProblemError:
    """The client must change the request."""
    return ProblemError(HTTPStatus.BAD_REQUEST, "bad_request", sentence)


def too_large(max_bytes: int) -> ProblemError:
    """The client must send less."""
    sentence = f"the body may have at most {max_bytes} bytes"
    return ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", sentence)


def job_id_taken(job_id: str) -> ProblemError:
    """Another job has this id."""
    sentence = f"jobId {job_id} belongs to another request: send the same one again, or choose another id"
    return ProblemError(HTTPStatus.CONFLICT, "job_id_taken", sentence)


def upload_missing(upload_id: str) -> ProblemError:
    """The job's upload is not there yet, is not there any more, or never was."""
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


def job_ended(job_id: str, state: JobState) -> ProblemError:
    """The job has a result already, or is canceled."""
    return ProblemError(HTTPStatus.CONFLICT, "job_ended", f"job {job_id} has ended: it is {state}", state=state)


def wrong_state(job_id: str, state: JobState, advice: str) -> ProblemError:
    """The job's state does not allow the request."""
    return ProblemError(HTTPStatus.CONFLICT, "wrong_state", f"job {job_id} is {state}: {advice}", state=state)


def event_not_found(job_id: str, event: str) -> ProblemError:
    """The job has no such event, or no receiver."""
    named = json.dumps(event[:MAX_PROMISE_CHARACTERS])
    sentence = f"job {job_id} has no event {named}: GET /jobs/{job_id}/deliveries lists those that it has"
    return ProblemError(HTTPStatus.NOT_FOUND, "event_not_found", sentence)


def too_many_deliveries(event: str, max_deliveries: int) -> ProblemError:
    """A client has asked for another delivery again and again."""
    sentence = f"event {event} was delivered {max_deliveries} times: read the job at the API instead"
    return ProblemError(HTTPStatus.CONFLICT, "too_many_deliveries", sentence)


def job_erased(job_id: str, at: str) -> ProblemError:
    """The job's content is gone, and its id stays taken."""
    return ProblemError(
        HTTPStatus.GONE, "job_erased", f"job {job_id} was erased at {at}: choose another id for a new one"
    )


def result_revoked(job_id: str, at: str) -> ProblemError:
    """The job's result was retracted."""
    sentence = f"the result of job {job_id} was revoked at {at}: do not use it"
    return ProblemError(HTTPStatus.GONE, "result_revoked", sentence, state=JobState.DONE)


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
    return _retry_later(HTTPStatus.SERVICE_UNAVAILABLE, "page_not_ready", "the page is not drawn yet", seconds)


def request_unreadable(job_id: str) -> ProblemError:
    """A program that is not the API has created the job."""
    sentence = f"the request of job {job_id} cannot be read: send it again as a new job"
    return ProblemError(HTTPStatus.CONFLICT, "request_unreadable", sentence)


def decision_not_found(decision: str) -> ProblemError:
    """No job of the caller asks this, or nothing has this id."""
    sentence = (
        f"there is no decision {json.dumps(decision[:MAX_PROMISE_CHARACTERS])}: GET /status shows what a job asks"
    )
    return ProblemError(HTTPStatus.NOT_FOUND, "decision_not_found", sentence)


def other_decision(decision: str, outcome: str) -> ProblemError:
    """Another decision came first, or the time for one is over."""
    return ProblemError(HTTPStatus.CONFLICT, "decided_otherwise", f"{decision} {outcome}")


def link_refused() -> ProblemError:
    """A link to a decision has no token, or another one's."""
    sentence = "This link is not valid: open it as it is in the notice, or ask for a new one."
    return ProblemError(HTTPStatus.FORBIDDEN, "link_refused", sentence)


def link_over(reason: str) -> ProblemError:
    """The question of a link was answered, or has ended."""
    return ProblemError(HTTPStatus.GONE, "link_over", f"There is nothing to decide any more: {reason}.")


def wrong_signature(sentence: str) -> ProblemError:
    """A webhook's message is not signed, or was signed long ago."""
    return ProblemError(HTTPStatus.UNAUTHORIZED, "wrong_signature", sentence)


def unavailable(seconds: int) -> ProblemError:
    """The server does not answer. The job may not be recorded: the client should send the same request again."""
    return _retry_later(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "the server does not answer", seconds)


def keeper_unavailable(seconds: int) -> ProblemError:
    """The keeper, which lists jobs, does not answer; jobs run without it."""
    sentence = "the list of jobs is not available"
    return _retry_later(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", sentence, seconds)


def store_unavailable() -> ProblemError:
    """The object store does not answer. Nothing was recorded."""
    sentence = "the object store does not answer"
    return _retry_later(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", sentence, RETRY_AFTER_SECONDS)


def estimate_not_ready(seconds: int) -> ProblemError:
    """No worker has made the estimate yet: all are busy, or the document is large."""
    sentence = "the estimate is not ready yet"
    return _retry_later(HTTPStatus.SERVICE_UNAVAILABLE, "estimate_not_ready", sentence, seconds)


def too_many_estimates(seconds: int) -> ProblemError:
    """The client has used up this hour's estimates of one request."""
    sentence = "this request was estimated too often within the hour"
    return _retry_later(HTTPStatus.TOO_MANY_REQUESTS, "too_many_estimates", sentence, seconds)


def too_many_jobs(count: int, max_count: int) -> ProblemError:
    """The requester has as many jobs as it may have at a time."""
    sentence = f"{count} jobs of this requester have not ended, and at most {max_count} may"
    return _retry_later(HTTPStatus.TOO_MANY_REQUESTS, "too_many_jobs", sentence, JOBS_RETRY_SECONDS)


def _retry_later(status: HTTPStatus, code: str, sentence: str, seconds: int) -> ProblemError:
    advice = f"{sentence}: send the same request again in {seconds} seconds"
    return ProblemError(status, code, advice, {"Retry-After": str(seconds)})


def internal_error() -> ProblemError:
    """The trigger has a bug or invalid settings; its log has the details."""
    return ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "internal error")


def no_route() -> ProblemError:
    """The API has no such path."""
    return ProblemError(HTTPStatus.NOT_FOUND, "no_route", "Not found")


def wrong_method(allowed: Iterable[str]) -> ProblemError:
    """The API has this path, for other methods."""
    methods = sorted(allowed)
    sentence = f"only {' and '.join(methods)} {'are' if len(methods) > 1 else 'is'} allowed here"
    return ProblemError(HTTPStatus.METHOD_NOT_ALLOWED, "wrong_method", sentence, {"Allow": ", ".join(methods)})


def other_requester() -> ProblemError:
    """The request names another requester than its token."""
    sentence = "requesterId must be the subject of your token: leave the field out"
    return ProblemError(HTTPStatus.FORBIDDEN, "other_requester", sentence)


def answer_error(error: Exception, log: Logger) -> Response:
    """Log an error, and return the answer for it."""
    if isinstance(error, JobNotFoundError):
        return Response(HTTPStatus.NOT_FOUND, NotFound(job_id=error.job_id))
    return answer_problem(explain_error(error, log))


def answer_problem(problem: ProblemError) -> Response:
    """Return the answer for a problem."""
    status, sentence = problem.status, problem.sentence
    body = Problem(
        error=sentence,
        code=problem.code,
        title=status.phrase,
        status=status.value,
        detail=sentence,
        state=problem.state,
    )
    return Response(status, body, {"Content-Type": PROBLEM_MEDIA_TYPE, **problem.headers})


def explain_error(error: Exception, log: Logger) -> ProblemError:
    """Log an error, and return the problem that it is for the client."""
    match error:
        case ProblemError():
            log.info("refused", code=error.code, status=error.status)
            return error
        case WireError():
            log.error("the request to the server failed", code=error.code, reason=str(error))
            # While a token is rotated, server and function get the new one at different times. Any other refusal is a
            # bug: the request was checked before it was sent.
            is_temporary = error.retry or isinstance(error, Denied)
            return unavailable(RETRY_AFTER_SECONDS) if is_temporary else internal_error()
        case _:
            log.error("unexpected error", exc_info=error)
            return internal_error()
