"""Runs `make serve` for a test, and finds its parts and addresses."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from local.server_process import ROOT, free_port
from tests import warm_start
from tests.processes import kill_at_end
from tests.waiting import TIMEOUT_SECONDS


def run(program: str, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a program that ends by itself."""
    own = ["tests.warm_program", "local.serve"] if program == "serve" else [f"local.{program}"]
    command, env = [sys.executable, "-m", *own, *words], {**os.environ, **environ}
    return warm_start.run(command, cwd=ROOT, env=env, capture_output=True, timeout=TIMEOUT_SECONDS)


@contextmanager
def run_serve(state: Path, *words: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
    """Run serve in the block."""
    program = ["tests.warm_program", "local.serve", "--state", str(state), "--port", str(free_port(successors=1))]
    command, env, pipe = [sys.executable, "-m", *program, *words], {**os.environ, **environ}, subprocess.PIPE
    with kill_at_end(warm_start.start(command, cwd=ROOT, env=env, stdout=pipe, stderr=pipe, text=True)) as serve:
        assert serve.stdout
        assert serve.stderr
        assert serve.stdout.readline().startswith("Up: "), serve.stderr.read()
        yield serve


def list_parts(serve: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return the processes of the parts, and those that they have started."""
    parts = psutil.Process(serve.pid).children(recursive=True)
    assert len(parts) >= len(("server", "keeper", "functions", "worker", "gateway"))
    return parts


def read_address(state: Path, name: str) -> str:
    """Read an address of the running system."""
    addresses: dict[str, str] = json.loads((state / "address.json").read_text())
    return addresses[name]
