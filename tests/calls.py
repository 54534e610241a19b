"""Root promises as the trigger and the SDK create them, for tests that need what neither of them would create."""

import time
from collections.abc import Mapping

from durable.wire.requests import PromiseCreate
from durable.wire.roots import root_promise

HOUR = 3_600_000  # ms


def start_request(  # noqa: PLR0913 - as root_promise
    promise_id: str,
    workflow: str,
    *args: object,
    target: str,
    version: int = 1,
    lifetime: int = HOUR,
    tags: Mapping[str, str] | None = None,
) -> PromiseCreate:
    """Build the request that starts a workflow at the target; `lifetime` is in milliseconds from now."""
    timeout_at = int(time.time() * 1000) + lifetime
    return root_promise(promise_id, workflow, *args, target=target, timeout_at=timeout_at, version=version, tags=tags)
