"""The demos, as people run them: they show what they promise, and leave nothing running."""

import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from local.servers import ROOT


def run(state: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "local.demo", "--state", str(state), *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)


def left_over(state: Path) -> list[str]:
    """Processes that still run and know of the folder, from their command or their environment."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            told = [*process.cmdline(), *process.environ().values()]
            if process.pid != os.getpid() and any(str(state) in word for word in told):
                found.append(" ".join(process.cmdline()))
    return found


def shown(first_words: str) -> set[str]:
    """The lines of the README's output that has these words, with every figure as #; dots are where it is cut."""
    blocks = re.findall(r"^```text\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    [block] = [block for block in blocks if first_words in block]
    return without_figures(block) - {"..."}


def without_figures(text: str) -> set[str]:
    """Its lines; where it wrote to is a figure, too."""
    text = re.sub(r"Everything it wrote: .*", "Everything it wrote: #", text)
    return {re.sub(r"[\d. ]*\d", "#", line).strip() for line in text.splitlines() if line}


def test_four_documents_go_in_and_come_out(tmp_path: Path) -> None:
    ended = run(tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "-> 202" in ended.stdout
    done = ("demo-invoice: done", "demo-contract: done", "demo-report: done", "demo-dossier: done")
    for words in (*done, '"Brightwater Logistics Ltd"'):
        assert words in ended.stdout
    assert ended.stdout.count("step 2 of 5: extract") >= 1
    assert shown("demo-invoice") <= without_figures(ended.stdout)
    assert left_over(tmp_path) == []


def test_a_killed_worker_repeats_no_finished_step(tmp_path: Path) -> None:
    ended = run(tmp_path, "--crash")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "kill -9" in ended.stdout
    assert "doc/demo-contract:2 download  finished before the kill, kept" in ended.stdout
    assert "downloaded 1 time(s)" in ended.stdout
    assert shown("kill -9") <= without_figures(ended.stdout)
    assert left_over(tmp_path) == []


def test_a_demo_that_is_told_to_end_takes_everything_with_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "local.demo", "--state", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout
        for line in demo.stdout:
            if line.startswith("POST"):
                demo.terminate()
                break
        assert demo.wait(60) == 143
    assert left_over(tmp_path) == []


@pytest.mark.parametrize("module", ["local.demo", "local.serve", "local.gateway"])
def test_help_explains_itself(module: str) -> None:
    command = [sys.executable, "-m", module, "--help"]
    assert "usage:" in subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
