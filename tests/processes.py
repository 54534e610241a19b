"""Programs of a test that are killed when its block ends, also when the test fails, and processes by their names."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def kill_at_end[T: (str, bytes)](process: subprocess.Popen[T]) -> Iterator[subprocess.Popen[T]]:
    """Give the process. Without the kill a failed test would wait for its end and hide its error."""
    with process:
        try:
            yield process
        finally:
            process.kill()


def find_processes(name: str) -> list[int]:
    """Return the processes of this machine that have given themselves this name, as Linux' prctl does."""
    found = []
    for process in Path("/proc").iterdir():  # a hundred reads: psutil takes ten times as long
        with suppress(OSError):  # it has ended
            if process.name.isdigit() and (process / "comm").read_text() == f"{name}\n":
                found.append(int(process.name))
    return found
