"""The answer to CloudFormation, which waits for it for an hour: what it says, and its way there.

It holds names only, ARNs and ids of versions, because everybody who may look at the stack sees it.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.request import Request, urlopen

_PATIENCE: Final = 4.0  # seconds for an attempt
_ATTEMPTS: Final = 2
_PAUSE: Final = 0.5  # seconds
RESERVE: Final = _ATTEMPTS * (_PATIENCE + _PAUSE) + 1.0  # seconds that answering may take
_LONGEST: Final = 1_000  # characters of a reason; the whole answer may have 4096 bytes


@dataclass(frozen=True)
class Outcome:
    """How it went: a failure has a reason."""

    reason: str | None = None
    data: Mapping[str, str] = field(default_factory=dict)


def answer_of(event: Mapping[str, Any], outcome: Outcome) -> dict[str, object]:
    """Return the answer's body."""
    return {
        "Status": "FAILED" if outcome.reason else "SUCCESS",
        "Reason": (outcome.reason or "done")[:_LONGEST],
        # Always the same for a resource: another one would make CloudFormation delete "the old".
        "PhysicalResourceId": event.get("PhysicalResourceId") or f"{event.get('LogicalResourceId')}-keys",
        "StackId": event.get("StackId"),
        "RequestId": event.get("RequestId"),
        "LogicalResourceId": event.get("LogicalResourceId"),
        "Data": dict(outcome.data),
    }


def deliver(url: str, body: Mapping[str, object]) -> None:
    """PUT the answer to the pre-signed address. If that cannot be done, Lambda calls the function again."""
    # An empty content type is part of what was signed.
    request = Request(url, json.dumps(body).encode(), {"Content-Type": ""}, method="PUT")  # noqa: S310 it is CloudFormation's
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with urlopen(request, timeout=_PATIENCE):  # noqa: S310 as above
                return
        except OSError:
            if attempt == _ATTEMPTS:
                raise
            time.sleep(_PAUSE)
