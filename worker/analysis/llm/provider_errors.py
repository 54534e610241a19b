"""What goes wrong with a provider, as our errors: what comes back however often one asks, and what passes.

A limit of a rate passes, a wrong key does not; neither is the document's fault, and no document fails for the first.
What a provider says of it is not repeated: see `worker.providers.refusals`.
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
from worker.providers.refusals import Facts, told
from worker.providers.retries import UNANSWERED, LaterError

# What a request may fail with. BotoCoreError: no credentials, no region.
MODEL_ERRORS: Final = (AgentRunError, UserError, aws.BotoCoreError)
_PASSING: Final = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.CONFLICT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
}
_REQUESTS: Final = ("x-request-id", "x-amzn-requestid")  # headers


class TooLongError(Exception):
    """The model cannot read so much at once, or not answer as much as there is to say about it."""


def convert_error(exc: Exception, secret: str | None = None) -> JobError | TooLongError:
    """Return what one of `MODEL_ERRORS` means; the secret is what an error may repeat, as a key."""
    if isinstance(exc, ModelContextWindowExceededError):
        return TooLongError()
    said = told(f"{exc}", _facts(exc), secret)
    if isinstance(exc, ContentFilterError):
        return PermanentError(Code.ANALYZER_ANSWER, f"the provider's filter let no answer through: {said}")
    if _is_final(exc):
        return PermanentError(Code.ANALYZER_REFUSED, f"the provider refuses what it is asked: {said}")
    message = f"the provider did not answer: {said}"
    after = exc.retry_after if isinstance(exc, ModelAPIError) else None
    if after:
        return LaterError(Code.ANALYZER_UNAVAILABLE, message, after)
    is_answer = isinstance(exc, ModelHTTPError)
    return TemporaryError(Code.ANALYZER_UNAVAILABLE, message, after=0.0, tries=None if is_answer else UNANSWERED)


def _is_final(exc: Exception) -> bool:
    if isinstance(exc, aws.BotoCoreError):
        return not isinstance(exc, aws.ConnectionError | aws.HTTPClientError)
    if isinstance(exc, UserError | ModelRequestRejectedError | ModelQuotaExceededError):
        return True
    passes = not isinstance(exc, ModelHTTPError) or (
        exc.status_code in _PASSING or exc.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    )
    return not passes


def _facts(exc: Exception) -> Facts:
    name = type(exc).__name__
    if not isinstance(exc, ModelAPIError):
        return Facts(names=[name])
    names = [exc.provider_error_code, exc.provider_error_type, name]
    given = [one for one in names if one]
    if not isinstance(exc, ModelHTTPError):
        return Facts(names=given)
    requests = [id_ for header in _REQUESTS if (id_ := (exc.headers or {}).get(header))]
    return Facts(status=exc.status_code, names=given, request=next(iter(requests), None))
