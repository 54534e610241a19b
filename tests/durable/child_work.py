"""Functions that the tests' child processes run."""

import ctypes
import os
import resource
import sys
import time
from pathlib import Path

from pydantic import BaseModel

from durable import PermanentError, limit_cpu

_PR_SET_NAME = 15


class Nap(BaseModel):
    """How long to sleep; the mark becomes the name of the process."""

    seconds: float
    mark: str


def nap(request: Nap) -> tuple[float, float]:
    """Sleep, and return the start and the end on the clock that all processes share."""
    ctypes.CDLL(None).prctl(_PR_SET_NAME, request.mark.encode())
    start = time.monotonic()
    time.sleep(request.seconds)
    return start, time.monotonic()


def double(number: int) -> int:
    """Return twice the number, and print something that is no answer."""
    print("this is not the answer")  # noqa: T201 that is the point
    return 2 * number


def describe(_: None) -> dict[str, str]:
    """Return the environment and what the child knows of its own process."""
    return {**os.environ, "session": str(os.getsid(0) == os.getpid()), "core": str(resource.getrlimit(4)[0])}


def crash(_: None) -> None:
    """Crash as a C parser does."""
    os.abort()


def spin(_: None) -> None:
    """Never end."""
    while True:
        pass


def hang(_: None) -> None:
    """Never end, and do nothing."""
    time.sleep(600)


def hoard(_: None) -> int:
    """Allocate more memory than the limit."""
    return len(bytearray(4 * 2**30))


def write_much(folder: str) -> None:
    """Write a file above the limit."""
    with (Path(folder) / "much").open("wb") as file:
        for _ in range(1_000):
            file.write(b"x" * 2**20)


def answer_too_much(_: None) -> str:
    """Return more than the limit."""
    return "x" * 3_000_000


def answer_wrong_type(_: None) -> int:
    """Return another type than annotated."""
    return "not a number"  # type: ignore[return-value]


def exit_silently(_: None) -> None:
    """Exit without an answer."""
    print("on standard error", file=sys.stderr, flush=True)  # noqa: T201 that is the point
    os._exit(3)


def refuse(_: None) -> None:
    """Refuse a locked document."""
    raise PermanentError("locked", "a password is needed")


def hang_once(mark: str) -> str:
    """Hang, unless the file shows that an earlier child did."""
    if not Path(mark).exists():
        Path(mark).touch()
        time.sleep(600)
    return "done"


def spin_with_limit(seconds: int) -> None:
    """Use up the CPU time of one part of the work."""
    limit_cpu(seconds)
    spin(None)
