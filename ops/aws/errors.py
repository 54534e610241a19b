"""What AWS and its library say, as one sentence with the command that helps. Nothing here looks at a secret."""

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

LOG_IN: Final = "aws sso login, or aws configure, or name another --aws-profile"
NO_CREDENTIALS: Final = UserError(ExitCode.DENIED, "no AWS credentials were found", LOG_IN)
NO_REGION: Final = UserError(ExitCode.CONFIG, "no AWS region is set", "add --region, or set AWS_REGION")
_LIBRARY: Final = (
    ((NoCredentialsError, PartialCredentialsError), NO_CREDENTIALS),
    (NoRegionError, NO_REGION),
    (
        InvalidRegionError,
        UserError(ExitCode.CONFIG, "this is not the name of a region", "give --region as in eu-central-1"),
    ),
    (
        ProfileNotFound,
        UserError(ExitCode.CONFIG, "there is no such AWS profile", "aws configure list-profiles shows them"),
    ),
    ((SSOError, TokenRetrievalError), UserError(ExitCode.DENIED, "the AWS session has expired", LOG_IN)),
    (
        (NoConnectionError, HTTPClientError),
        UserError(
            ExitCode.UNAVAILABLE, "AWS could not be reached", "check the network, and that the region exists (--region)"
        ),
    ),
)
_EXPIRED: Final = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
_WRONG: Final = {
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidAccessKeyId",
    "AuthFailure",
    "InvalidToken",
    "IncompleteSignature",
}
_CLOCK: Final = {"RequestTimeTooSkewed", "RequestInTheFuture"}
_SIGNATURE: Final = {"SignatureDoesNotMatch", "InvalidSignatureException"}  # of a wrong clock, or a wrong secret
_DENIED: Final = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Forbidden", "403"}
_BUSY: Final = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "SlowDown",
}


@contextmanager
def aws_errors() -> Iterator[None]:
    """Turn what boto3 raises inside into a fault."""
    try:
        yield
    except ClientError as error:
        raise explain_refusal(error) from error
    except BotoCoreError as error:
        raise explain_library_error(error) from error
    except ResponseParserError as error:
        raise UserError(
            ExitCode.UNAVAILABLE, "what answers is not AWS", "check the network, and its proxies"
        ) from error


def error_code(error: ClientError) -> str:
    """The code that AWS gave."""
    answer: dict[str, Any] = error.response.get("Error", {})
    return str(answer.get("Code", ""))


def explain_library_error(error: BotoCoreError) -> UserError:
    """Nothing was sent, or nothing came back."""
    for kinds, fault in _LIBRARY:
        if isinstance(error, kinds):
            return fault
    return UserError(
        ExitCode.SOFTWARE, f"the AWS library failed ({type(error).__name__})", "aws sts get-caller-identity"
    )


def explain_refusal(error: ClientError) -> UserError:
    """AWS answered, and said no."""
    code, action = error_code(error), error.operation_name
    said = str(error.response.get("Error", {}).get("Message", ""))
    if code in _CLOCK or (code in _SIGNATURE and "expired" in said.lower()) or "not yet current" in said:
        return UserError(ExitCode.CONFIG, "AWS refuses this machine's clock, which is minutes off", SET_CLOCK)
    if code in _EXPIRED:
        return UserError(ExitCode.DENIED, "the AWS credentials have expired", LOG_IN)
    if code in _WRONG | _SIGNATURE:
        return UserError(ExitCode.DENIED, "AWS does not know these credentials", LOG_IN)
    if code in _DENIED:
        return UserError(
            ExitCode.DENIED, f"these credentials may not {action}", "ask for the permission, or use others"
        )
    if code in _BUSY:
        return UserError(
            ExitCode.BUSY, f"AWS takes no more requests at the moment ({action})", "run it again in a minute"
        )
    return UserError(ExitCode.CONFIG, f"AWS refused {action} ({code}: {said})")
