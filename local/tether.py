"""Makes the kernel kill a process when its parent ends, because a killed parent cannot do it. Linux only.

The kernel watches the thread that started the process, so the main thread must start it. Run by its path as a program,
this module ties itself to its parent and then becomes another program; it imports the standard library only.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import Final

_DIE_WITH_PARENT: Final = 1  # PR_SET_PDEATHSIG of prctl(2); execve keeps it
_ORPHAN_EXIT_CODE: Final = 1


def tether_command(command: list[str]) -> list[str]:
    """Return a command whose process the kernel kills when this process ends."""
    return [sys.executable, "-I", "-S", str(Path(__file__)), str(os.getpid()), *command]


def tether_to(parent: int) -> None:
    """Have the kernel kill this process when its parent ends."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(_ORPHAN_EXIT_CODE)  # the parent ended before the call


if __name__ == "__main__":
    tether_to(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - a command from `tether_command`
