"""Ctrl-C at any moment ends a program without a traceback."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from local.server_process import ROOT, free_port
from tests.processes import kill_at_end
from tests.seeds import draw_some
from tests.waiting import TIMEOUT_SECONDS

# Send Ctrl-C at an audit event of the interpreter: an import, an opened file, ...
SEND_SIGINT = """
import os, signal, sys
moment = os.environ.pop("MOMENT").split()
def look(event, args):
    if moment and event == moment[0] and moment[1] in str(args):
        moment.clear()
        os.kill(os.getpid(), signal.SIGINT)
sys.addaudithook(look)
"""
PROGRAMS = {
    "serve": ("-m", "starting", "local.serve", "--state", "state", "--port", str(free_port(successors=1))),
    "demo": ("-m", "starting", "local.demo", "--state", "."),
    "server": ("-m", "starting", "durable.embedded", "--data", "server", "--port", "0"),
    "bench": ("-m", "starting", "bench", "speed"),
    "evaluation": ("-m", "starting", "evaluation"),
}


MOMENTS = [
    ("serve", "import pydantic_core._pydantic_core"),
    ("serve", "open .longhand"),
    ("demo", "import PIL._imaging"),
    ("demo", "open .longhand"),
    ("demo", "open worker.log"),
    ("server", "import durable.embedded.store"),
    ("server", "sqlite3.connect server"),
    ("bench", "import numpy._core.multiarray"),
    ("bench", "subprocess.Popen python"),
    ("evaluation", "import evaluation.own.document_set"),
    ("evaluation", "tempfile.mkdtemp evaluation-"),
]
# Each starts a program, some up to its last import: `make test` runs a third of them, others in each run.
SOME_MOMENTS = draw_some(MOMENTS, share=1 / 3, at_least=4)
EVERY_MOMENT = [pytest.param(*one, marks=pytest.mark.soak, id=f"every-{'-'.join(one)}") for one in MOMENTS]


@pytest.mark.parametrize(("program", "moment"), [*SOME_MOMENTS, *EVERY_MOMENT])
def test_ctrl_c_during_the_start_leaves_no_traceback(tmp_path: Path, program: str, moment: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(SEND_SIGINT)
    environ = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}", "MOMENT": moment}
    command = [sys.executable, *PROGRAMS[program]]
    done = subprocess.run(
        command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
    )
    assert (done.returncode, done.stderr) == (-signal.SIGINT, "")


def test_ctrl_c_ends_serve_with_all_its_parts(tmp_path: Path) -> None:
    command, pipe = [sys.executable, *PROGRAMS["serve"]], subprocess.PIPE
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    with kill_at_end(
        subprocess.Popen(command, cwd=tmp_path, env=environ, stdout=pipe, stderr=pipe, text=True)
    ) as serve:
        assert serve.stdout
        assert serve.stderr
        assert serve.stdout.readline().startswith("Up: ")
        parts = psutil.Process(serve.pid).children(recursive=True)
        serve.send_signal(signal.SIGINT)
        assert (serve.wait(TIMEOUT_SECONDS), serve.stderr.read()) == (0, "")
    assert psutil.wait_procs(parts, timeout=TIMEOUT_SECONDS)[1] == []
