"""The demos, as people run them: they show what they promise, and leave nothing running."""

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
from tests.processes import kill_at_end


@dataclass
class Demo:
    """What it has said by now, all processes that it was seen to have meanwhile, and its exit code at its end."""

    said: str = ""
    parts: set[psutil.Process] = field(default_factory=set)
    code: int | None = None

    @property
    def left_over(self) -> list[psutil.Process]:
        """Those that still run. What ends with the demo may take a moment to be gone."""
        return psutil.wait_procs(self.parts, timeout=10)[1]


def run(state: Path, *words: str, until: str = "") -> Demo:
    """Run it to its end; it is told to end as soon as it says these words, if there are any."""
    command = [sys.executable, "-m", "local.demo", "--state", str(state), *words]
    out, err, demo = subprocess.PIPE, subprocess.STDOUT, Demo()
    with kill_at_end(subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=err, text=True)) as process:
        assert process.stdout
        for line in process.stdout:
            demo.said += line
            demo.parts |= set(psutil.Process(process.pid).children(recursive=True))
            if until and line.startswith(until):
                process.terminate()
        demo.code = process.wait(60)
    return demo


def shown(first_words: str) -> set[str]:
    """The lines of the README's output that has these words, with every figure as #; dots are where it is cut."""
    blocks = re.findall(r"^```text\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    [block] = [block for block in blocks if first_words in block]
    return without_figures(block) - {"..."}


def shown_result() -> dict[str, Any]:
    """What the README shows of a job's result."""
    [block] = re.findall(r"^```json\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    return dict(json.loads(block))


def without_figures(text: str) -> set[str]:
    """Its lines; where it wrote to is a figure, too."""
    text = re.sub(r"Everything it wrote: .*", "Everything it wrote: #", text)
    return {re.sub(r"[\d. ]*\d", "#", line).strip() for line in text.splitlines() if line}


def test_four_documents_go_in_and_come_out(tmp_path: Path) -> None:
    demo = run(tmp_path)
    assert demo.code == 0, demo.said
    assert "-> 202" in demo.said
    done = ("demo-invoice: done", "demo-contract: done", "demo-report: done", "demo-dossier: done")
    for words in (*done, '"Brightwater Logistics Ltd"'):
        assert words in demo.said
    assert shown("demo-invoice") <= without_figures(demo.said)
    result = json.loads((tmp_path / "demo" / "store" / "jobs" / "demo-invoice" / "result.json").read_text())
    assert shown_result()["extractedData"] == result["extractedData"]
    assert shown_result()["evidence"].items() <= result["evidence"].items()
    assert demo.parts
    assert demo.left_over == []


def test_a_killed_worker_repeats_no_finished_step(tmp_path: Path) -> None:
    demo = run(tmp_path, "--crash")
    assert demo.code == 0, demo.said
    assert "kill -9" in demo.said
    assert "doc/demo-contract:2 download  finished before the kill, kept" in demo.said
    assert "downloaded 1 time(s)" in demo.said
    assert shown("kill -9") <= without_figures(demo.said)
    assert demo.left_over == []


def test_a_demo_that_is_told_to_end_takes_everything_with_it(tmp_path: Path) -> None:
    demo = run(tmp_path, until="POST")
    assert demo.code == 143
    assert demo.parts
    assert demo.left_over == []


@pytest.mark.parametrize("module", ["local.demo", "local.serve", "local.gateway"])
def test_help_explains_itself(module: str) -> None:
    command = [sys.executable, "-m", module, "--help"]
    assert "usage:" in subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
