"""Runs a function in a process of its own, to measure its memory: a test's own process reports the peak of all tests.

python -m tests.fresh_process < pickled function > pickled result and memory
"""

import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from durable import child_usage
from local.server_process import ROOT
from tests import warm_start

_COMMAND = (sys.executable, "-m", "tests.fresh_process")


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Peaks in bytes: the growth of the process itself, and the total of its largest child."""

    growth: int
    child: int


def run_in_own_process[**P, R](work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> tuple[R, Memory]:
    """Return the result of a module's function, and the memory that it took beyond what the process had imported."""
    pipe, request = subprocess.PIPE, pickle.dumps(partial(work, *args, **kwargs))
    with warm_start.start(_COMMAND, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        answer, errors = process.communicate(request)
    assert process.returncode == 0, errors.decode()
    result, memory = pickle.loads(answer)  # noqa: S301 - written by this project
    return result, Memory(**memory)


def run_in_fresh_process[**P, R](work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Return the result of a module's function in a process that is not forked, with fork servers of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(partial(work, *args, **kwargs)).result()


def main() -> None:
    """Run the function; what it prints is no part of the answer."""
    work, answer = pickle.load(sys.stdin.buffer), sys.stdout.buffer  # noqa: S301 - as above
    sys.stdout = sys.stderr
    before = _peak()
    result = work()
    memory = {"growth": _peak() - before, "child": child_usage().max_bytes}
    answer.write(pickle.dumps((result, memory)))
    answer.flush()


def _peak() -> int:
    """Return the peak of this program alone: what getrusage reports begins with the parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1_024


if __name__ == "__main__":
    main()
