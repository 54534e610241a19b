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

from ops.exits import Exit
from ops.faults import Fault
from ops.refusals import SET_CLOCK

LOG_IN: Final = "aws sso login, or aws configure, or name another --aws-profile"
NO_CREDENTIALS: Final = Fault(Exit.DENIED, "no AWS credentials were found", LOG_IN)
NO_REGION: Final = Fault(Exit.CONFIG, "no AWS region is set", "add --region, or set AWS_REGION")
_LIBRARY: Final = (
    ((NoCredentialsError, PartialCredentialsError), NO_CREDENTIALS),
    (NoRegionError, NO_REGION),
    (InvalidRegionError, Fault(Exit.CONFIG, "this is not the name of a region", "give --region as in eu-central-1")),
    (ProfileNotFound, Fault(Exit.CONFIG, "there is no such AWS profile", "aws configure list-profiles shows them")),
    ((SSOError, TokenRetrievalError), Fault(Exit.DENIED, "the AWS session has expired", LOG_IN)),
    (
        (NoConnectionError, HTTPClientError),
        Fault(Exit.UNAVAILABLE, "AWS could not be reached", "check the network, and that the region exists (--region)"),
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
def explained() -> Iterator[None]:
    """Turn what boto3 raises inside into a fault."""
    try:
        yield
    except ClientError as error:
        raise of_answer(error) from error
    except BotoCoreError as error:
        raise of_library(error) from error
    except ResponseParserError as error:
        raise Fault(Exit.UNAVAILABLE, "what answers is not AWS", "check the network, and its proxies") from error


def code_of(error: ClientError) -> str:
    """The code that AWS gave."""
    answer: dict[str, Any] = error.response.get("Error", {})
    return str(answer.get("Code", ""))


def of_library(error: BotoCoreError) -> Fault:
    """Nothing was sent, or nothing came back."""
    for kinds, fault in _LIBRARY:
        if isinstance(error, kinds):
            return fault
    return Fault(Exit.SOFTWARE, f"the AWS library failed ({type(error).__name__})", "aws sts get-caller-identity")


def of_answer(error: ClientError) -> Fault:
    """AWS answered, and said no."""
    code, action = code_of(error), error.operation_name
    said = str(error.response.get("Error", {}).get("Message", ""))
    if code in _CLOCK or (code in _SIGNATURE and "expired" in said.lower()) or "not yet current" in said:
        return Fault(Exit.CONFIG, "AWS refuses this machine's clock, which is minutes off", SET_CLOCK)
    if code in _EXPIRED:
        return Fault(Exit.DENIED, "the AWS credentials have expired", LOG_IN)
    if code in _WRONG | _SIGNATURE:
        return Fault(Exit.DENIED, "AWS does not know these credentials", LOG_IN)
    if code in _DENIED:
        return Fault(Exit.DENIED, f"these credentials may not {action}", "ask for the permission, or use others")
    if code in _BUSY:
        return Fault(Exit.BUSY, f"AWS takes no more requests at the moment ({action})", "run it again in a minute")
    return Fault(Exit.CONFIG, f"AWS refused {action} ({code}: {said})")
