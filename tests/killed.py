"""Programs of a test that are gone when its block ends, also when the test fails: by force, if they still run."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ended[T: (str, bytes)](process: subprocess.Popen[T]) -> Iterator[subprocess.Popen[T]]:
    """Give the program. Without force a failed test would wait for its end, and hide what it failed of."""
    with process:
        try:
            yield process
        finally:
            process.kill()
