"""The lines of a file, and those that are written to it while one waits."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

_PAUSE: Final = 0.2  # seconds between two looks


def read(path: Path) -> Iterator[str]:
    """Give what is there; a part that has not written yet has no file."""
    if path.exists():
        with path.open(errors="replace") as file:
            yield from (line.rstrip("\n") for line in file)


def tail(path: Path, sleep: Callable[[float], None] = time.sleep) -> Iterator[str]:
    """Give what is there and what comes; a line only when it is whole."""
    while not path.exists():
        sleep(_PAUSE)
    with path.open(errors="replace") as file:
        half = ""
        while True:
            half += file.readline()
            if half.endswith("\n"):
                yield half.rstrip("\n")
                half = ""
            else:
                sleep(_PAUSE)
