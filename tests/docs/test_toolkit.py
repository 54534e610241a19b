"""The toolkit's page is true: its programs run as it shows them, its tests pass, and its names exist."""

import ast
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import durable
from local.server_process import ROOT, EmbeddedProgram, Options
from tests.conftest import StartServer

from .pages import page, rows, section

PAGE = page("toolkit")
EXAMPLES = "\n".join(
    file.read_text() for folder in ("examples", "tests/examples") for file in (ROOT / folder).rglob("*.py")
)
BLOCKS = re.findall(r"([^\n]*\n[^\n]*)\n\n```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def name_program(before: str, code: str) -> str | None:
    """Return the name that the page gives a program, or that its first test or workflow gives it."""
    names = re.findall(r"this as\s+`(\w+\.py)`", before) or re.findall(r"def (test_\w+|try_\w+)\(", code)
    return names[0].removesuffix(".py") if names and code not in EXAMPLES else None


def save_programs(folder: Path, url: str) -> None:
    """Write each program of the page as a file."""
    for before, code in BLOCKS:
        if name := name_program(before, code):
            (folder / f"{name}.py").write_text(code.replace("http://127.0.0.1:8001", url))


def run(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def environment() -> dict[str, str]:
    return {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]}


def test_the_programs_of_the_page_print_what_it_shows(start_server: StartServer, tmp_path: Path) -> None:
    options = Options(retry_timeout=1_000)  # the program may send its first message before the worker listens
    server = start_server(EmbeddedProgram(), options=options, folder=tmp_path / "data")
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


@pytest.mark.parametrize(
    "code", [code for before, code in BLOCKS if not name_program(before, code)], ids=lambda code: code.split("\n")[0]
)
def test_what_is_no_program_is_quoted_or_uses_names_that_exist(code: str) -> None:
    """Other blocks are lines of a workflow's body, or of a client."""
    if code in EXAMPLES:
        return
    tree = ast.parse(code)
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    for node in imported:
        assert all(hasattr(import_module(node.module or ""), alias.name) for alias in node.names)
    known = {"ctx", "charge", "order", "search", "query", "saga", "trip", "print", "zip", *durable.__all__}
    known |= {"book_flight", "book_hotel", "cancel_flight", "cancel_hotel"}
    known |= {alias.name for node in imported for alias in node.names}
    known |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    assert {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - known - {"timedelta"} == set()


@pytest.mark.parametrize("code", [cells[1] for cells in rows(section(PAGE, "More"))])
def test_a_function_in_the_last_table_is_part_of_the_toolkit(code: str) -> None:
    name = re.findall(r"(\w+)\(", code)[0]
    assert name in ("sleep", "run") or name in durable.__all__
