"""Runs worker processes, which are killed when their block or this process ends, and waits for them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from local.parts import Part

POLL_SECONDS: Final = 0.005
TIMEOUT_SECONDS: Final = 60.0  # a lease or a repeated message of the server takes half of it at most
READY_WORD: Final = "ready"  # each worker logs it once for each of its groups


@contextmanager
def run_worker[P: Part](worker: P, groups: int = 1) -> Iterator[P]:
    """Give a worker process once it is ready for so many groups."""
    try:
        wait_until(lambda: worker.log.read_text(errors="replace").count(READY_WORD) >= groups, worker.describe_exit)
        yield worker
    finally:
        worker.kill()


def wait_until[T](look: Callable[[], T | None], complain: Callable[[], str], timeout: float = TIMEOUT_SECONDS) -> T:
    """Poll `look` and return its first true value. Raises TimeoutError with the complaint."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if value := look():
            return value
        time.sleep(POLL_SECONDS)
    raise TimeoutError(complain())
