"""Convert the errors of model providers to ours: permanent and temporary ones.

Throttling passes and fails no document; a wrong key fails every one. The provider's own message is not repeated:
see `worker.providers.refusals`.
"""

from http import HTTPStatus
from typing import Final

from botocore import exceptions as aws  # type: ignore[import-untyped] # it has no types
from pydantic_ai.exceptions import (
    AgentRunError,
    ContentFilterError,
    ModelAPIError,
    ModelContextWindowExceededError,
    ModelHTTPError,
    ModelQuotaExceededError,
    ModelRequestRejectedError,
    UserError,
)

from contract.codes import Code
from durable import JobError, PermanentError, TemporaryError
from worker.providers.refusals import RefusalFacts, log_refusal
from worker.providers.retries import MAX_UNANSWERED_ATTEMPTS, RetryLaterError

# What a request may raise. BotoCoreError: no credentials, no region.
MODEL_ERRORS: Final = (AgentRunError, UserError, aws.BotoCoreError)
_TEMPORARY: Final = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.CONFLICT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
}
_REQUEST_ID_HEADERS: Final = ("x-request-id", "x-amzn-requestid")


class TooLongError(Exception):
    """The text is too long for the model, or its answer for the limit of tokens."""


def convert_error(exc: Exception, secret: str | None = None) -> JobError | TooLongError:
    """Return our error for one of `MODEL_ERRORS`; it does not repeat the secret."""
    if isinstance(exc, ModelContextWindowExceededError):
        return TooLongError()
    facts = log_refusal(f"{exc}", _facts(exc), secret)
    if isinstance(exc, ContentFilterError):
        return PermanentError(Code.ANALYZER_ANSWER, f"the provider's content filter blocked the answer: {facts}")
    if is_final(exc):
        return PermanentError(Code.ANALYZER_REFUSED, f"the provider refuses the request: {facts}")
    message = f"the provider did not answer: {facts}"
    after = exc.retry_after if isinstance(exc, ModelAPIError) else None
    if after:
        return RetryLaterError(Code.ANALYZER_UNAVAILABLE, message, after)
    is_answer = isinstance(exc, ModelHTTPError)
    return TemporaryError(
        Code.ANALYZER_UNAVAILABLE, message, after=0.0, durable_attempts=None if is_answer else MAX_UNANSWERED_ATTEMPTS
    )


def is_final(exc: Exception) -> bool:
    """Whether the same request would be refused again."""
    if isinstance(exc, aws.BotoCoreError):
        return not isinstance(exc, aws.ConnectionError | aws.HTTPClientError)
    if isinstance(exc, UserError | ModelRequestRejectedError | ModelQuotaExceededError):
        return True
    is_temporary = not isinstance(exc, ModelHTTPError) or (
        exc.status_code in _TEMPORARY or exc.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    )
    return not is_temporary


def _facts(exc: Exception) -> RefusalFacts:
    name = type(exc).__name__
    if not isinstance(exc, ModelAPIError):
        return RefusalFacts(names=[name])
    names = [exc.provider_error_code, exc.provider_error_type, name]
    known = [one for one in names if one]
    if not isinstance(exc, ModelHTTPError):
        return RefusalFacts(names=known)
    requests = [id_ for header in _REQUEST_ID_HEADERS if (id_ := (exc.headers or {}).get(header))]
    return RefusalFacts(status=exc.status_code, names=known, request=next(iter(requests), None))
