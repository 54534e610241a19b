"""Waits until a condition is true, and fails with a message that shows the state at the end."""

import time
from collections.abc import Callable

# The pause before the next look: a tenth of the time waited so far, within these bounds. Most looks are requests, which
# cost the server and the test as much as its subject does.
POLL_SECONDS = 0.02
MAX_PAUSE_SECONDS = 2.0
TIMEOUT_SECONDS = 300.0  # most waits take a second; only a hang takes this long, however slow the machine is


def wait_until[T](
    find: Callable[[], T | None], message: str | Callable[[], str], timeout: float = TIMEOUT_SECONDS
) -> T:
    """Return the first true value that `find` returns."""
    begun = time.monotonic()
    while (waited := time.monotonic() - begun) < timeout:
        if found := find():
            return found
        time.sleep(min(max(waited / 10, POLL_SECONDS), MAX_PAUSE_SECONDS))
    raise TimeoutError(message if isinstance(message, str) else message())
