"""Convert Textract's errors to ours: temporary ones, missing permissions, and errors of the document.

Throttling passes and fails no document; a missing permission fails every one. Textract's own message is not repeated:
see `worker.providers.refusals`.
"""

from http import HTTPStatus
from typing import Any, Final

from botocore import exceptions as aws  # type: ignore[import-untyped] # it has no types
from botocore.parsers import ResponseParserError  # type: ignore[import-untyped] # as above

from contract.codes import Code
from durable import JobError, PermanentError, TemporaryError
from worker.providers.refusals import RefusalFacts, log_refusal
from worker.providers.retries import MAX_UNANSWERED_ATTEMPTS

# What a call may raise. BotoCoreError: no credentials, no connection.
TEXTRACT_ERRORS: Final = (aws.BotoCoreError, aws.ClientError, ResponseParserError)
_THROTTLING: Final = {
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
    "LimitExceededException",  # the account has as many documents in progress as it may
}
_TEMPORARY: Final = {
    "InternalServerError",
    "RequestTimeout",
    "ExpiredTokenException",
}  # the next call fetches new credentials
_DOCUMENT_CODES: Final = {
    "UnsupportedDocumentException": Code.UNSUPPORTED,
    "BadDocumentException": Code.DAMAGED,
    "DocumentTooLargeException": Code.TOO_LARGE,
    "InvalidParameterException": Code.UNSUPPORTED,  # only the document varies in our requests
}
_CONNECTION_ERRORS: Final = (
    aws.ConnectionError,
    aws.HTTPClientError,
    aws.MetadataRetrievalError,
    aws.CredentialRetrievalError,
    ResponseParserError,
)


def convert_error(exc: Exception) -> JobError:
    """Return our error for one of `TEXTRACT_ERRORS`."""
    if not isinstance(exc, aws.ClientError):
        facts = log_refusal(f"{exc}", RefusalFacts(names=[type(exc).__name__]))
        return _outage(facts) if isinstance(exc, _CONNECTION_ERRORS) else _refusal(facts)
    name, status, request = _parse(exc)
    facts = log_refusal(f"{exc}", RefusalFacts(status=status, names=[name, type(exc).__name__], request=request))
    if name in _DOCUMENT_CODES:
        return PermanentError(_DOCUMENT_CODES[name], f"Textract cannot read the document: {facts}")
    if name in _THROTTLING or status == HTTPStatus.TOO_MANY_REQUESTS:
        return TemporaryError(Code.OCR_UNAVAILABLE, f"Textract throttles our requests: {facts}", after=0.0)
    is_temporary = name in _TEMPORARY or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return _outage(facts) if is_temporary else _refusal(facts)


def _parse(exc: Any) -> tuple[str, int, object]:  # noqa: ANN401 boto3 has no types
    error, metadata = exc.response.get("Error", {}), exc.response.get("ResponseMetadata", {})
    return str(error.get("Code")), int(metadata.get("HTTPStatusCode", 0)), metadata.get("RequestId")


def _outage(facts: str) -> TemporaryError:
    message = f"Textract did not answer: {facts}"
    return TemporaryError(Code.OCR_UNAVAILABLE, message, after=0.0, durable_attempts=MAX_UNANSWERED_ATTEMPTS)


def _refusal(facts: str) -> PermanentError:
    return PermanentError(Code.OCR_REFUSED, f"Textract refuses the request: {facts}")
