"""What the tests' child processes do."""

import os
import resource
import sys
import time
from pathlib import Path

from pydantic import BaseModel

from durable import PermanentError


class Seat(BaseModel):
    """How long to sit; the mark is what the child calls itself."""

    seconds: float
    mark: str


def sit(seat: Seat) -> tuple[float, float]:
    """Tell who sits, sit, and return from when to when on the clock that all processes share."""
    Path("/proc/self/comm").write_text(seat.mark)
    began = time.monotonic()
    time.sleep(seat.seconds)
    return began, time.monotonic()


def double(number: int) -> int:
    """Return twice the number, and print where an answer must not come from."""
    print("this is not the answer")  # noqa: T201 that is the point
    return 2 * number


def describe(_: None) -> dict[str, str]:
    """Return what a child finds around itself."""
    return {**os.environ, "session": str(os.getsid(0) == os.getpid()), "core": str(resource.getrlimit(4)[0])}


def crash(_: None) -> None:
    """End as a parser does that was given rubbish."""
    os.abort()


def spin(_: None) -> None:
    """Never end."""
    while True:
        pass


def hoard(_: None) -> int:
    """Want more memory than there may be."""
    return len(bytearray(4 * 2**30))


def write_much(folder: str) -> None:
    """Write a file that is too large."""
    with (Path(folder) / "much").open("wb") as file:
        for _ in range(1_000):
            file.write(b"x" * 2**20)


def say_much(_: None) -> str:
    """Answer too much."""
    return "x" * 3_000_000


def say_wrong(_: None) -> int:
    """Answer something else than it says."""
    return "not a number"  # type: ignore[return-value]


def leave(_: None) -> None:
    """End without an answer."""
    print("last words", file=sys.stderr, flush=True)  # noqa: T201 that is the point
    os._exit(3)


def refuse(_: None) -> None:
    """Find that nobody can do this."""
    raise PermanentError("locked", "a password is needed")
