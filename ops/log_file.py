"""Reads the lines of a log file, and follows the file as it grows."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_POLL_SECONDS: Final = 0.2


def read_lines(path: Path) -> Iterator[str]:
    """Yield the lines of the file; none when the program has not logged yet and the file does not exist."""
    if path.exists():
        with path.open(errors="replace") as file:
            yield from (line.rstrip("\n") for line in file)


def follow_lines(path: Path) -> Iterator[str]:
    """Yield the lines of the file and then each new line once it is complete."""
    while not path.exists():
        time.sleep(_POLL_SECONDS)
    with path.open(errors="replace") as file:
        line = ""
        while True:
            line += file.readline()
            if line.endswith("\n"):
                yield line.rstrip("\n")
                line = ""
            else:
                time.sleep(_POLL_SECONDS)
