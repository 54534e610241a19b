"""The custom resource's response, for which CloudFormation waits an hour.

It contains no secret: every user who can view the stack can read it.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.request import Request, urlopen

_TIMEOUT_SECONDS: Final = 4.0  # for one attempt
_MAX_ATTEMPTS: Final = 2
_PAUSE_SECONDS: Final = 0.5
RESPONSE_SECONDS: Final = _MAX_ATTEMPTS * (_TIMEOUT_SECONDS + _PAUSE_SECONDS) + 1.0  # all attempts
_MAX_REASON: Final = 1_000  # characters; the whole response may have 4096 bytes


@dataclass(frozen=True)
class Outcome:
    """The result of a request: a failure has a reason."""

    reason: str | None = None
    data: Mapping[str, str] = field(default_factory=dict)


def build_response(event: Mapping[str, Any], outcome: Outcome) -> dict[str, object]:
    """Return the response's body."""
    return {
        "Status": "FAILED" if outcome.reason else "SUCCESS",
        "Reason": (outcome.reason or "done")[:_MAX_REASON],
        # Constant for a resource: if it changed, CloudFormation would delete the resource with the old id.
        "PhysicalResourceId": event.get("PhysicalResourceId") or f"{event.get('LogicalResourceId')}-resource",
        "StackId": event.get("StackId"),
        "RequestId": event.get("RequestId"),
        "LogicalResourceId": event.get("LogicalResourceId"),
        "Data": dict(outcome.data),
    }


def send_response(url: str, body: Mapping[str, object]) -> None:
    """PUT the response to the pre-signed url. If this fails, Lambda invokes the function again."""
    # The signature covers an empty content type.
    request = Request(url, json.dumps(body).encode(), {"Content-Type": ""}, method="PUT")  # noqa: S310 CloudFormation's url
    for attempt in range(1, _MAX_ATTEMPTS + 1):
        try:
            with urlopen(request, timeout=_TIMEOUT_SECONDS):  # noqa: S310 as above
                return
        except OSError:
            if attempt == _MAX_ATTEMPTS:
                raise
            time.sleep(_PAUSE_SECONDS)
