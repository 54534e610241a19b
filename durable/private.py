"""What a process keeps from its own children: a parser that somebody has taken over must not read the worker's token.

Children run as the same user, and the kernel shows a user's processes to each other: environment, memory, open files.
"""

import ctypes
import os
from typing import Final

_DUMPABLE: Final = 4  # PR_SET_DUMPABLE of prctl(2)


def keep_private() -> None:
    """Show this process's inside to the administrator only, from now on. What it starts is shown as ever."""
    if ctypes.CDLL(None, use_errno=True).prctl(_DUMPABLE, 0, 0, 0, 0):
        raise OSError(ctypes.get_errno(), f"prctl: {os.strerror(ctypes.get_errno())}")
