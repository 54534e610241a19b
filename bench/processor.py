"""How much of the processor a process has used, with all that it started, whether that still runs or has ended."""

from contextlib import suppress

import psutil


def used(pid: int) -> float:
    """Seconds of a process and its descendants so far; of those that have ended, if somebody waited for them."""
    root = psutil.Process(pid)
    total = _of(root)
    for child in root.children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it ended just now, and is counted with its parent
            total += _of(child)
    return total


def _of(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)
