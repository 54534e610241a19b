"""The usage of processes with their descendants: CPU time so far, and peak memory."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

import psutil

_POLL_SECONDS: Final = 0.05  # a child that reads pages lives for seconds


@dataclass
class MemoryPeaks:
    """Peak memory in MB: of the largest process, and of all children of one process together."""

    worker: float = 0.0
    children: float = 0.0


def measure_cpu_seconds(pid: int) -> float:
    """Return the CPU seconds of a process and its descendants; ended ones count once their parent has reaped them."""
    root = psutil.Process(pid)
    total = _cpu_seconds(root)
    for child in root.children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it has just ended, and counts with its parent
            total += _cpu_seconds(child)
    return total


@contextmanager
def watch_memory(pids: Sequence[int]) -> Iterator[MemoryPeaks]:
    """Sample the memory of processes inside the block."""
    peaks, end = MemoryPeaks(), threading.Event()

    def sample() -> None:
        while not end.wait(_POLL_SECONDS):
            for pid in pids:
                _update_peaks(psutil.Process(pid), peaks)

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield peaks
    finally:
        end.set()
        thread.join()


def _update_peaks(process: psutil.Process, peaks: MemoryPeaks) -> None:
    children = 0.0
    for child in process.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            children += child.memory_info().rss / 2**20
    peaks.worker = max(peaks.worker, process.memory_info().rss / 2**20)
    peaks.children = max(peaks.children, children)


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)
