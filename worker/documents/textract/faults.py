"""What goes wrong with Textract, as our errors: what passes, what we may not do, and what the document is to blame for.

A limit of a rate passes, missing permission does not; no document fails for the first, and every one for the second.
What it says of it is not repeated: see `worker.providers.refusals`.
"""

from http import HTTPStatus
from typing import Any, Final

from botocore import exceptions as aws  # type: ignore[import-untyped] # it has no types
from botocore.parsers import ResponseParserError  # type: ignore[import-untyped] # as above

from contract.codes import Code
from durable import JobError, PermanentError, TemporaryError
from worker.providers.refusals import Facts, told
from worker.providers.retries import UNANSWERED

# What a call may fail with. BotoCoreError: no credentials, no connection.
FAULTS: Final = (aws.BotoCoreError, aws.ClientError, ResponseParserError)
_TOO_MUCH: Final = {
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
    "LimitExceededException",  # as many documents as may be are under way in the account
}
_PASSING: Final = {"InternalServerError", "RequestTimeout", "ExpiredTokenException"}  # the next call fetches others
_DOCUMENT: Final = {
    "UnsupportedDocumentException": Code.UNSUPPORTED,
    "BadDocumentException": Code.DAMAGED,
    "DocumentTooLargeException": Code.TOO_LARGE,
    "InvalidParameterException": Code.UNSUPPORTED,  # all that varies in our requests is the document
}
_HICCUPS: Final = (
    aws.ConnectionError,
    aws.HTTPClientError,
    aws.MetadataRetrievalError,
    aws.CredentialRetrievalError,
    ResponseParserError,
)


def fault_of(exc: Exception) -> JobError:
    """Return what one of `FAULTS` means."""
    if not isinstance(exc, aws.ClientError):
        said = told(f"{exc}", Facts(names=[type(exc).__name__]))
        return _unavailable(said) if isinstance(exc, _HICCUPS) else _refused(said)
    name, status, request = _named(exc)
    said = told(f"{exc}", Facts(status=status, names=[name, type(exc).__name__], request=request))
    if name in _DOCUMENT:
        return PermanentError(_DOCUMENT[name], f"Textract cannot read the document: {said}")
    if name in _TOO_MUCH or status == HTTPStatus.TOO_MANY_REQUESTS:
        return TemporaryError(Code.RECOGNIZER_UNAVAILABLE, f"Textract has too much to do for us: {said}", after=0.0)
    passes = name in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return _unavailable(said) if passes else _refused(said)


def _named(exc: Any) -> tuple[str, int, object]:  # noqa: ANN401 boto3 has no types
    error, metadata = exc.response.get("Error", {}), exc.response.get("ResponseMetadata", {})
    return str(error.get("Code")), int(metadata.get("HTTPStatusCode", 0)), metadata.get("RequestId")


def _unavailable(said: str) -> TemporaryError:
    message = f"Textract did not answer: {said}"
    return TemporaryError(Code.RECOGNIZER_UNAVAILABLE, message, after=0.0, tries=UNANSWERED)


def _refused(said: str) -> PermanentError:
    return PermanentError(Code.RECOGNIZER_REFUSED, f"Textract refuses what it is asked: {said}")
