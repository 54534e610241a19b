"""The demos show what they should, and leave no process running."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from local.server_process import ROOT
from tests import warm_start
from tests.processes import kill_at_end
from tests.waiting import TIMEOUT_SECONDS

STEP = re.compile(r"demo-\w+ +step *# of *#: \w+")


@dataclass
class Demo:
    """The output, the processes that were seen, and the exit code of a demo."""

    output: str = ""
    parts: set[psutil.Process] = field(default_factory=set)
    code: int | None = None

    @property
    def leftovers(self) -> list[psutil.Process]:
        """The processes that do not end with the demo."""
        return psutil.wait_procs(self.parts, timeout=TIMEOUT_SECONDS)[1]


def run(state: Path, *words: str, until: str = "", cold: bool = False) -> Demo:
    """Run the demo; terminate it at the first line that starts with `until`. `cold` starts its parts as a user does."""
    program = ["local.demo"] if cold else ["tests.warm_program", "local.demo"]
    command = [sys.executable, "-m", *program, "--state", str(state), *words]
    out, err, demo = subprocess.PIPE, subprocess.STDOUT, Demo()
    with kill_at_end(warm_start.start(command, cwd=ROOT, stdout=out, stderr=err, text=True)) as process:
        assert process.stdout
        for line in process.stdout:
            demo.output += line
            demo.parts |= set(psutil.Process(process.pid).children(recursive=True))
            if until and line.startswith(until):
                process.terminate()
        demo.code = process.wait(TIMEOUT_SECONDS)
    return demo


def read_shown_lines(first_words: str) -> set[str]:
    """Return the README's output that has these words, without figures and omissions.

    A demo asks now and then where a job is, and not every run meets it at the same steps: their lines are left out.
    """
    blocks = re.findall(r"^```text\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    [block] = [block for block in blocks if first_words in block]
    return {line for line in without_figures(block) - {"..."} if not STEP.search(line)}


def read_shown_result() -> dict[str, Any]:
    """Return the result that the README shows."""
    [block] = re.findall(r"^```json\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    return dict(json.loads(block))


def without_figures(text: str) -> set[str]:
    """Return the lines with every figure and the folder as #."""
    text = re.sub(r"Everything it wrote: .*", "Everything it wrote: #", text)
    return {re.sub(r"[\d. ]*\d", "#", line).strip() for line in text.splitlines() if line}


@pytest.mark.parametrize("cold", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_the_demo_processes_four_documents(tmp_path: Path, cold: bool) -> None:  # noqa: FBT001 - of the test
    demo = run(tmp_path, cold=cold)
    assert demo.code == 0, demo.output
    assert "-> 202" in demo.output
    done = ("demo-invoice: done", "demo-contract: done", "demo-report: done", "demo-dossier: done")
    for words in (*done, '"Brightwater Logistics Ltd"'):
        assert words in demo.output
    printed = without_figures(demo.output)
    assert read_shown_lines("demo-invoice") <= printed
    assert any(STEP.search(line) for line in printed)
    result = json.loads((tmp_path / "demo" / "store" / "jobs" / "demo-invoice" / "result.json").read_text())
    assert read_shown_result()["extractedData"] == result["extractedData"]
    assert read_shown_result()["evidence"].items() <= result["evidence"].items()
    assert demo.parts
    assert demo.leftovers == []


def test_a_killed_worker_repeats_no_finished_step(tmp_path: Path) -> None:
    demo = run(tmp_path, "--crash")
    assert demo.code == 0, demo.output
    assert "kill -9" in demo.output
    assert "doc/demo-contract:2 download  finished before the kill, kept" in demo.output
    assert "downloaded 1 time(s)" in demo.output
    assert read_shown_lines("kill -9") <= without_figures(demo.output)
    assert demo.leftovers == []


def test_a_terminated_demo_leaves_no_process(tmp_path: Path) -> None:
    demo = run(tmp_path, until="POST")
    assert demo.code == 143
    assert demo.parts
    assert demo.leftovers == []


@pytest.mark.parametrize("module", ["local.demo", "local.serve", "local.gateway"])
def test_help_explains_itself(module: str) -> None:
    command = [sys.executable, "-m", module, "--help"]
    ended = warm_start.run(command, cwd=ROOT, capture_output=True, timeout=TIMEOUT_SECONDS)
    assert (ended.returncode, "usage:" in ended.stdout) == (0, True)
