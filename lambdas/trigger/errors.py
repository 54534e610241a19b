"""Turns every failure into an answer of the API, without the server's address, a token or a traceback."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Final

from aws_lambda_powertools import Logger

from contract.answers import JobState, NotFound, Problem
from durable.wire.errors import Denied, WireError

from .gateway import Response

PROBLEM_MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_SECONDS: Final = 2  # the server restarts in about that time
MAX_PROMISE_CHARACTERS: Final = 200  # the characters of a client's text in a sentence


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

    def with_headers(self, headers: Mapping[str, str]) -> "ProblemError":
        """Return the problem with more headers."""
        return type(self)(self.status, self.code, self.sentence, {**self.headers, **headers}, state=self.state)


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


def job_ended(job_id: str, state: JobState) -> ProblemError:
    """The job has a result already, or is canceled."""
    return ProblemError(HTTPStatus.CONFLICT, "job_ended", f"job {job_id} has ended: it is {state}", state=state)


def wrong_state(job_id: str, state: JobState, advice: str) -> ProblemError:
    """The job's state does not allow the request."""
    return ProblemError(HTTPStatus.CONFLICT, "wrong_state", f"job {job_id} is {state}: {advice}", state=state)


def job_erased(job_id: str, at: str) -> ProblemError:
    """The job's content is deleted, and its id stays taken."""
    return ProblemError(
        HTTPStatus.GONE, "job_erased", f"job {job_id} was erased at {at}: choose another id for a new one"
    )


def result_revoked(job_id: str, at: str) -> ProblemError:
    """The job's result was revoked."""
    sentence = f"the result of job {job_id} was revoked at {at}: do not use it"
    return ProblemError(HTTPStatus.GONE, "result_revoked", sentence, state=JobState.DONE)


def request_unreadable(job_id: str) -> ProblemError:
    """A program that is not the API has created the job."""
    sentence = f"the request of job {job_id} cannot be read: send it again as a new job"
    return ProblemError(HTTPStatus.CONFLICT, "request_unreadable", sentence)


def unavailable(seconds: int) -> ProblemError:
    """The server does not answer. The job may not be recorded: the client should send the same request again."""
    return retry_later(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "the server does not answer", seconds)


def keeper_unavailable(seconds: int) -> ProblemError:
    """The keeper, which lists jobs, does not answer; jobs run without it."""
    sentence = "the list of jobs is not available"
    return retry_later(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", sentence, seconds)


def store_unavailable() -> ProblemError:
    """The object store does not answer. Nothing was recorded."""
    sentence = "the object store does not answer"
    return retry_later(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", sentence, RETRY_AFTER_SECONDS)


def retry_later(status: HTTPStatus, code: str, sentence: str, seconds: int) -> ProblemError:
    """The same request may succeed later."""
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
