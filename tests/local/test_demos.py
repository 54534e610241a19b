"""The demos, as people run them: they show what they promise, and leave nothing running."""

import re
import subprocess
import sys

import psutil
import pytest

from local.servers import ROOT


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "local.demo", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=150, check=False)


def left_over() -> list[str]:
    """Processes of the demo that still run: their data lies in its folder, or their settings name it."""
    names = (" ".join(p.info["cmdline"] or []) for p in psutil.process_iter(["cmdline"]))
    return [name for name in names if "local.engine" in name and ".state/demo" in name]


def shown(first_words: str) -> set[str]:
    """The lines of the README's output that has these words, with every figure as #."""
    blocks = re.findall(r"^```text\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    [block] = [block for block in blocks if first_words in block]
    return without_figures(block)


def without_figures(text: str) -> set[str]:
    return {re.sub(r"[\d. ]*\d", "#", line).strip() for line in text.splitlines() if line}


def test_three_documents_go_in_and_come_out() -> None:
    ended = run()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "-> 202" in ended.stdout
    for words in ("demo-invoice: done", "demo-contract: done", "demo-report: done", '"Brightwater Logistics Ltd"'):
        assert words in ended.stdout
    assert ended.stdout.count("step 2 of 5: extract") >= 1
    assert shown("demo-invoice") <= without_figures(ended.stdout)
    assert left_over() == []


def test_a_killed_worker_repeats_no_finished_step() -> None:
    ended = run("--crash")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "kill -9" in ended.stdout
    assert "doc/demo-contract:1 download  finished before the kill, kept" in ended.stdout
    assert "downloaded 1 time(s)" in ended.stdout
    assert shown("kill -9") <= without_figures(ended.stdout)


@pytest.mark.parametrize("module", ["local.demo", "local.serve", "local.gateway"])
def test_help_explains_itself(module: str) -> None:
    command = [sys.executable, "-m", module, "--help"]
    assert "usage:" in subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
