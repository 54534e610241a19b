"""Waits for something to become true, and says what it was when it does not."""

import time
from collections.abc import Callable

POLL = 0.02  # seconds between two looks
PATIENCE = 40.0  # seconds; what a test waits for takes a few at most, a crowded machine may need more


def wait_until[T](look: Callable[[], T | None], complaint: str | Callable[[], str], patience: float = PATIENCE) -> T:
    """Return what a look finds, as soon as it finds something true."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(POLL)
    raise TimeoutError(complaint if isinstance(complaint, str) else complaint())
