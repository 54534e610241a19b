"""The toolkit's page is true: its programs run as it shows them, its tests pass, and its names exist."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import durable
from local.server_process import ROOT, EmbeddedProgram
from tests.conftest import StartServer

from .pages import page, rows, section

PAGE = page("toolkit")


def save_programs(folder: Path, url: str) -> None:
    """Write each Python block under the name that the page gives it, or that its first test or workflow gives it."""
    for before, code in re.findall(r"([^\n]*\n[^\n]*)\n\n```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        [name] = re.findall(r"this as\s+`(\w+\.py)`", before) or re.findall(r"def (test_\w+|try_\w+)\(", code)[:1]
        (folder / f"{name.removesuffix('.py')}.py").write_text(code.replace("http://127.0.0.1:8001", url))


def run(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def environment() -> dict[str, str]:
    return {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}


def test_the_programs_of_the_page_print_what_it_shows(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server(EmbeddedProgram(), folder=tmp_path / "data")
    save_programs(tmp_path, server.url)
    [output] = re.findall(r"^```text\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    with subprocess.Popen([sys.executable, "run_worker.py"], cwd=tmp_path, env=environment()) as worker:
        try:
            assert run(tmp_path, "start.py") == output
            assert run(tmp_path, "start.py") == output, "the same ids are the same workflows"
        finally:
            worker.terminate()


def test_the_tests_of_the_page_pass(tmp_path: Path) -> None:
    save_programs(tmp_path, "http://127.0.0.1:1")
    [tests] = [file.name for file in tmp_path.glob("test_*.py")]
    assert "2 passed" in run(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", tests)


def test_the_workflow_that_reads_an_error_is_a_workflow(tmp_path: Path) -> None:
    save_programs(tmp_path, "http://127.0.0.1:1")
    run(tmp_path, "-c", "import try_to_charge; assert try_to_charge.try_to_charge.name == 'try_to_charge'")


@pytest.mark.parametrize("code", [cells[1] for cells in rows(section(PAGE, "More"))])
def test_a_function_in_the_last_table_is_part_of_the_toolkit(code: str) -> None:
    name = re.findall(r"(\w+)\(", code)[0]
    assert name in ("sleep", "run") or name in durable.__all__
