"""Work in a fresh process, to see what memory it takes: of a test's own the system says what its fattest test took."""

import resource
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Memory:
    """The most at any moment, in bytes: by how much the process itself grew, and what its largest child had."""

    grown: int
    child: int


def apart[**P, R](work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> tuple[R, Memory]:
    """Return what a function of a module returns, and what it took."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_measured, partial(work, *args, **kwargs)).result()


def _measured[R](work: Callable[[], R]) -> tuple[R, Memory]:
    before = _peak()
    result = work()
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1_024
    return result, Memory(grown=_peak() - before, child=child)


def _peak() -> int:
    """Of this program alone: what getrusage says of a process itself begins with its parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1_024
