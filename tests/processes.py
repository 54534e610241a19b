"""Programs of a test that are killed when its block ends, also when the test fails."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def kill_at_end[T: (str, bytes)](process: subprocess.Popen[T]) -> Iterator[subprocess.Popen[T]]:
    """Give the process. Without the kill a failed test would wait for its end and hide its error."""
    with process:
        try:
            yield process
        finally:
            process.kill()
