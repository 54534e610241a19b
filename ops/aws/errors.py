"""Turns errors of AWS and of boto3 into a `UserError` with a remedy. No message contains a secret."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from botocore.exceptions import (  # type: ignore[import-untyped] # it has no types
    BotoCoreError,
    ClientError,
    HTTPClientError,
    InvalidRegionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as NoConnectionError
from botocore.parsers import ResponseParserError  # type: ignore[import-untyped] # as above

from ops.errors import UserError
from ops.exit_codes import ExitCode
from ops.http_errors import SET_CLOCK

LOG_IN: Final = "run aws sso login or aws configure, or name another --aws-profile"
NO_CREDENTIALS: Final = UserError(ExitCode.DENIED, "no AWS credentials were found", LOG_IN)
NO_REGION: Final = UserError(ExitCode.CONFIG, "no AWS region is set", "add --region, or set AWS_REGION")
_LIBRARY_ERRORS: Final = (
    ((NoCredentialsError, PartialCredentialsError), NO_CREDENTIALS),
    (NoRegionError, NO_REGION),
    (
        InvalidRegionError,
        UserError(ExitCode.CONFIG, "the AWS region has no valid name", "use a name like --region eu-central-1"),
    ),
    (
        ProfileNotFound,
        UserError(ExitCode.CONFIG, "the AWS profile does not exist", "list the profiles: aws configure list-profiles"),
    ),
    ((SSOError, TokenRetrievalError), UserError(ExitCode.DENIED, "the AWS session has expired", LOG_IN)),
    (
        (NoConnectionError, HTTPClientError),
        UserError(
            ExitCode.UNAVAILABLE, "AWS could not be reached", "check the network, and that the region exists (--region)"
        ),
    ),
)
_EXPIRED_CODES: Final = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
_CREDENTIAL_CODES: Final = {
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
    "AuthFailure",
    "InvalidToken",
    "IncompleteSignature",
}
_CLOCK_CODES: Final = {"RequestTimeTooSkewed", "RequestInTheFuture"}
_SIGNATURE_CODES: Final = {
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
}  # caused by a wrong clock or a wrong secret
_DENIED_CODES: Final = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Forbidden", "403"}
_THROTTLING_CODES: Final = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "SlowDown",
}


@contextmanager
def aws_errors() -> Iterator[None]:
    """Raise what boto3 raises inside as a `UserError`."""
    try:
        yield
    except ClientError as error:
        raise _explain_refusal(error) from error
    except BotoCoreError as error:
        raise _explain_library_error(error) from error
    except ResponseParserError as error:
        remedy = "check the network and its proxies"
        raise UserError(ExitCode.UNAVAILABLE, "the response is not from AWS", remedy) from error


def error_code(error: ClientError) -> str:
    """Return the code that AWS sent."""
    details: dict[str, Any] = error.response.get("Error", {})
    return str(details.get("Code", ""))


def _explain_library_error(error: BotoCoreError) -> UserError:
    """Explain a request that was not sent, or got no response."""
    for kinds, explanation in _LIBRARY_ERRORS:
        if isinstance(error, kinds):
            return explanation
    sentence = f"the AWS library failed ({type(error).__name__})"
    return UserError(ExitCode.SOFTWARE, sentence, "compare with aws sts get-caller-identity")


def _explain_refusal(error: ClientError) -> UserError:
    """Explain a request that AWS refused."""
    code, action = error_code(error), error.operation_name
    message = str(error.response.get("Error", {}).get("Message", ""))
    is_expired_signature = code in _SIGNATURE_CODES and "expired" in message.lower()
    if code in _CLOCK_CODES or is_expired_signature or "not yet current" in message:
        return UserError(ExitCode.CONFIG, "AWS refuses this machine's clock, which is minutes off", SET_CLOCK)
    if code in _EXPIRED_CODES:
        return UserError(ExitCode.DENIED, "the AWS credentials have expired", LOG_IN)
    if code in _CREDENTIAL_CODES | _SIGNATURE_CODES:
        return UserError(ExitCode.DENIED, "AWS does not recognize these credentials", LOG_IN)
    if code in _DENIED_CODES:
        sentence = f"these credentials are not authorized for {action}"
        return UserError(ExitCode.DENIED, sentence, "get the permission, or use other credentials")
    if code in _THROTTLING_CODES:
        return UserError(ExitCode.BUSY, f"AWS is throttling {action}", "run it again in a minute")
    return UserError(ExitCode.CONFIG, f"AWS refused {action} ({code}: {message})")
