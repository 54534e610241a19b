"""The typed client of the HTTP API: `Client` blocks, `AsyncClient` awaits. Both have the same methods.

It repeats a request only if that is safe: see `sending`. It knows the API's routes and nothing of how they work.
"""

from typing import TYPE_CHECKING, Any

from .auth import AwsSignature, BearerAuth, RequestAuth, send_no_credentials
from .client import Client
from .errors import (
    AddressError,
    ApiError,
    ClientError,
    ForeignAnswerError,
    NotFoundError,
    UnreachableError,
    UploadError,
    WaitTimeoutError,
    WebhookError,
)
from .exchange import Reply, Request
from .polling import Pace
from .webhooks import verify_webhook

if TYPE_CHECKING:
    from .async_client import AsyncClient

__all__ = [
    "AddressError",
    "ApiError",
    "AsyncClient",
    "AwsSignature",
    "BearerAuth",
    "Client",
    "ClientError",
    "ForeignAnswerError",
    "NotFoundError",
    "Pace",
    "Reply",
    "Request",
    "RequestAuth",
    "UnreachableError",
    "UploadError",
    "WaitTimeoutError",
    "WebhookError",
    "send_no_credentials",
    "verify_webhook",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - of a module
    """Import the asynchronous client when a program asks for it: its HTTP library is an extra of the package."""
    if name != "AsyncClient":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .async_client import AsyncClient  # noqa: PLC0415 - see above

    return AsyncClient
