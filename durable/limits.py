"""Limits of a child process."""

import math
import resource
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    memory: int = 768 * 2**20  # bytes of address space, beside what it was forked with; it exceeds the memory in use
    cpu: int = 60
    wall: float = 120.0
    file: int = 64 * 2**20  # bytes of any file that it writes
    answer: int = 16 * 2**20


def limit_cpu(seconds: int) -> None:
    """Limit the CPU time of the next part of this process's work, so that no part uses the time of all.

    Call it in a child process. It raises no limit above the one that the child began with.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)  # at this one the kernel kills, and names no reason
    until = math.ceil(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (min(until, hard - 1), hard))
