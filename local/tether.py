"""Has the kernel end a process with the one that started it, which may be killed and then ends nobody. Linux only.

It holds for the thread that started it, so parts are started by the main one. As a program, which is started by its
path and imports the standard library only, it becomes another program, which then is tied.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import Final

_DIE_WITH_PARENT: Final = 1  # PR_SET_PDEATHSIG of prctl(2); another program in the same process keeps it
_TOO_LATE: Final = 1


def tied(command: list[str]) -> list[str]:
    """Return the words of a command that is ended with this process."""
    return [sys.executable, "-I", "-S", str(Path(__file__)), str(os.getpid()), *command]


def end_with(parent: int) -> None:
    """Tie this process to the one that has started it."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(_TOO_LATE)  # it died before we had asked


if __name__ == "__main__":
    end_with(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - the words of `tied`
