"""Limits of a child process."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    memory: int = 768 * 2**20  # of address space, beside what it was forked with; it exceeds the memory in use
    cpu: int = 60
    wall: float = 120.0
    file: int = 64 * 2**20  # of any file it writes
    answer: int = 16 * 2**20
