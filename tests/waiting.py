"""Waits until a condition is true, and fails with a message that shows the state at the end."""

import time
from collections.abc import Callable

POLL_SECONDS = 0.02
LONG_POLL_SECONDS = 0.1  # later: most looks are requests, which cost the server and the test the same as its subject
TIMEOUT_SECONDS = 300.0  # most waits take a second; only a hang takes this long, however slow the machine is


def wait_until[T](
    find: Callable[[], T | None], message: str | Callable[[], str], timeout: float = TIMEOUT_SECONDS
) -> T:
    """Return the first true value that `find` returns."""
    end, pause = time.monotonic() + timeout, POLL_SECONDS
    while time.monotonic() < end:
        if found := find():
            return found
        time.sleep(pause)
        pause = min(1.2 * pause, LONG_POLL_SECONDS)
    raise TimeoutError(message if isinstance(message, str) else message())
