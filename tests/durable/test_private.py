"""A child process, which runs as the same user, cannot read the worker's memory and environment."""

import subprocess
import sys
from pathlib import Path

import pytest

from local.server_process import ROOT

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="NO /proc: processes cannot be inspected here"
)
# Root may read everything, so the parent changes its user; that also forbids inspection, which prctl allows again.
PARENT = """
import ctypes, os, subprocess, sys
from durable.sandbox import forbid_inspection
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
if sys.argv[1] == "private":
    forbid_inspection()
sys.exit(subprocess.run(["cat", f"/proc/{os.getpid()}/environ"], env={"PATH": "/usr/bin:/bin"}).returncode)
"""


def read_as_child_of(parent: str) -> str:
    """Return what a child reads of its parent's environment."""
    done = subprocess.run(
        [sys.executable, "-c", PARENT, parent], cwd=ROOT, env={"TOKEN": "a-token"}, capture_output=True, check=False
    )
    return done.stdout.decode()


def test_a_child_cannot_read_the_environment_that_it_was_not_given() -> None:
    assert read_as_child_of("private") == ""


def test_without_the_guard_a_child_could_read_it() -> None:
    assert "a-token" in read_as_child_of("open")


SERVING = """
import ctypes
from durable.runtime import WorkerProcess
class Process(WorkerProcess):
    async def serve(self):
        print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
        return 0
Process([]).run()
"""


def test_a_worker_forbids_inspection_before_it_runs_anything() -> None:
    done = subprocess.run([sys.executable, "-c", SERVING], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"  # PR_GET_DUMPABLE
