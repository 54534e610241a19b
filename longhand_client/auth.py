"""Authenticates requests to the API: not at all, with a token, or by a signature with AWS credentials.

A signature contains the time; AWS refuses it when this machine's clock is off by more than five minutes. No repr
contains a secret.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

SERVICE: Final = "execute-api"


# Makes the headers that authenticate a request with this method, URL and body.
type RequestAuth = Callable[[str, str, bytes | None], Mapping[str, str]]


def send_no_credentials(_method: str, _url: str, _body: bytes | None) -> Mapping[str, str]:
    """Return no headers."""
    return {}


@dataclass(frozen=True)
class BearerAuth:
    """Sends a token."""

    token: str = field(repr=False)

    def __call__(self, _method: str, _url: str, _body: bytes | None) -> Mapping[str, str]:
        """Return the header with the token."""
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True)
class AwsSignature:
    """Signs with the credentials of a boto3 session (Signature Version 4)."""

    credentials: Any = field(repr=False)  # botocore has no types
    region: str

    def __call__(self, method: str, url: str, body: bytes | None) -> Mapping[str, str]:
        """Return the headers that AWS checks; expired credentials of a role are renewed here."""
        from botocore.auth import SigV4Auth  # type: ignore[import-untyped] # noqa: PLC0415 - half a second to import
        from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped] # noqa: PLC0415 - as above

        request = AWSRequest(method=method, url=url, data=body or b"")
        SigV4Auth(self.credentials.get_frozen_credentials(), SERVICE, self.region).add_auth(request)
        return dict(request.headers.items())
