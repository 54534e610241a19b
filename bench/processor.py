"""What processes use with all that they start: processor time so far, and memory at most."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

import psutil

_TICK: Final = 0.05  # seconds between two looks; a child that reads pages lives for seconds


@dataclass
class Peaks:
    """Memory in MB: of the largest of some processes, and of all children of one of them at a time, at most."""

    worker: float = 0.0
    children: float = 0.0


def used(pid: int) -> float:
    """Seconds of a process and its descendants so far; of those that have ended, if somebody waited for them."""
    root = psutil.Process(pid)
    total = _of(root)
    for child in root.children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it ended just now, and is counted with its parent
            total += _of(child)
    return total


@contextmanager
def watched(pids: Sequence[int]) -> Iterator[Peaks]:
    """Look at the memory of processes again and again inside the block."""
    peaks, end = Peaks(), threading.Event()

    def watch() -> None:
        while not end.wait(_TICK):
            for pid in pids:
                _look(psutil.Process(pid), peaks)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peaks
    finally:
        end.set()
        thread.join()


def _look(process: psutil.Process, peaks: Peaks) -> None:
    children = 0.0
    for child in process.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            children += child.memory_info().rss / 2**20
    peaks.worker = max(peaks.worker, process.memory_info().rss / 2**20)
    peaks.children = max(peaks.children, children)


def _of(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)
