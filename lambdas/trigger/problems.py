"""What is wrong with a request, as the answer that says so. No engine address, token or trace is ever part of it."""

from http import HTTPMethod, HTTPStatus


class ProblemError(Exception):
    """Ends a request with this status; `headers` go with it."""

    def __init__(self, status: HTTPStatus, code: str, sentence: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.sentence = sentence
        self.headers = headers or {}


def bad_request(sentence: str) -> ProblemError:
    """The client must change the request."""
    return ProblemError(HTTPStatus.BAD_REQUEST, "bad_request", sentence)


def too_large(limit: int) -> ProblemError:
    """The client must send less."""
    return ProblemError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", f"the body may have at most {limit} bytes"
    )


def other_job(job_id: str) -> ProblemError:
    """The id is taken."""
    return ProblemError(
        HTTPStatus.CONFLICT,
        "job_id_taken",
        f"jobId {job_id} belongs to another request: send the same one again, or choose another id",
    )


def engine_unavailable(seconds: int) -> ProblemError:
    """Nothing is known to be recorded: the client should send the same request again."""
    return _later(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "the job store does not answer", seconds)


def estimate_not_ready(seconds: int) -> ProblemError:
    """Nobody has found out yet: all workers are busy, or the document is large."""
    return _later(HTTPStatus.SERVICE_UNAVAILABLE, "estimate_not_ready", "the estimate is not ready yet", seconds)


def too_many_estimates(seconds: int) -> ProblemError:
    """Every number of this hour is taken."""
    sentence = "this request was estimated too often within the hour"
    return _later(HTTPStatus.TOO_MANY_REQUESTS, "too_many_estimates", sentence, seconds)


def _later(status: HTTPStatus, code: str, sentence: str, seconds: int) -> ProblemError:
    again = f"{sentence}: send the same request again in {seconds} seconds"
    return ProblemError(status, code, again, {"Retry-After": str(seconds)})


def internal() -> ProblemError:
    """A fault of ours; the log knows more."""
    return ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "something went wrong on our side")


def no_route() -> ProblemError:
    """There is nothing at this path."""
    return ProblemError(HTTPStatus.NOT_FOUND, "no_route", "Not found")


def wrong_method(allowed: HTTPMethod) -> ProblemError:
    """There is, but not for this method."""
    return ProblemError(
        HTTPStatus.METHOD_NOT_ALLOWED, "wrong_method", f"only {allowed} is allowed here", {"Allow": str(allowed)}
    )
