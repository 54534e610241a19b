"""Waits for something to become true, and says what it was when it does not."""

import time
from collections.abc import Callable

from local.servers import PATIENCE


def until(claim: Callable[[], object], *, what: str, patience: float = PATIENCE) -> None:
    """Return once the claim holds."""
    end = time.monotonic() + patience
    while not claim():
        assert time.monotonic() < end, f"it did not come about: {what}"
        time.sleep(0.02)
