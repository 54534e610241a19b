"""The client that sent a request, as API Gateway's authorizer names it.

A token's subject is a requester: it reaches its own jobs only, unless the token has the scope `admin`, or its user is
in the group that a setting names. IAM callers and an open API reach all jobs: IAM policies name the routes that a
caller may use.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

ADMIN_SCOPE: Final = "admin"  # or the last part of a scope, as resource servers of Cognito have: longhand/admin
_SCOPE_CLAIMS: Final = ("scope", "scp")  # the claims of RFC 8693 and of Entra ID
_GROUPS_CLAIM: Final = "cognito:groups"  # API Gateway passes a list on as [one two]


@dataclass(frozen=True, kw_only=True)
class Caller:
    """`name` is for the record of a decision; without a `requester_id` the caller reaches all jobs."""

    name: str | None = None
    requester_id: str | None = None

    @classmethod
    def of(cls, event: Mapping[str, Any], admin_group: str | None = None) -> Self:
        """Read it from the event of a request. Members of the group are administrators."""
        match event["requestContext"].get("authorizer") or {}:
            case {"jwt": {"claims": {"sub": str(subject)} as claims}}:
                return cls(name=subject, requester_id=None if _is_admin(claims, admin_group) else subject)
            case {"iam": {"userArn": str(arn)}}:
                return cls(name=arn)
            case _:
                return cls()

    def may_reach(self, requester_id: str | None) -> bool:
        """Whether the caller may reach this requester's jobs."""
        return self.requester_id is None or self.requester_id == requester_id


def _is_admin(claims: Mapping[str, str], admin_group: str | None) -> bool:
    scopes = " ".join(claims.get(name, "") for name in _SCOPE_CLAIMS).split()
    groups = claims.get(_GROUPS_CLAIM, "").strip("[]").split()
    return admin_group in groups or any(scope.rpartition("/")[2] == ADMIN_SCOPE for scope in scopes)
