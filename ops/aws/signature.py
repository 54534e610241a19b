"""Signs requests to an API with the credentials of a session."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from longhand_client import AwsSignature

from .errors import aws_errors
from .session import Session


@dataclass(frozen=True)
class SessionSignature:
    """Signs each request anew: a session may expire while a job is watched."""

    signature: AwsSignature

    @classmethod
    def of(cls, session: Session) -> Self:
        """Return the signature with a session's credentials."""
        return cls(AwsSignature(session.get_credentials(), session.region_name))

    def __call__(self, method: str, url: str, body: bytes | None) -> Mapping[str, str]:
        """Return the headers that AWS checks. Raises UserError."""
        with aws_errors():
            return self.signature(method, url, body)
