"""Runs a function in a fresh process, to measure its memory: a test's own process reports the peak of all tests."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from durable import child_usage


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Peaks in bytes: the growth of the process itself, and the total of its largest child."""

    growth: int
    child: int


def run_in_fresh_process[**P, R](work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> tuple[R, Memory]:
    """Return the result of a module's function, and the memory that it took."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_measure, partial(work, *args, **kwargs)).result()


def _measure[R](work: Callable[[], R]) -> tuple[R, Memory]:
    before = _peak()
    result = work()
    return result, Memory(growth=_peak() - before, child=child_usage().max_bytes)


def _peak() -> int:
    """Return the peak of this program alone: what getrusage reports begins with the parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1_024
