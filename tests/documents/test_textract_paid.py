"""Whatever a worker dies of, Textract is paid once: for a page, and for the start of a whole document."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.printed_pages import letter_error_rate
from local.server_process import ROOT

from .letters import Letter, eyes, letters, scan_pages
from .textract import Provider


@pytest.fixture(scope="module")
def some() -> list[Letter]:
    """Three pages."""
    return letters(3)


@pytest.fixture
def folder(tmp_path: Path, textract: Provider, some: list[Letter]) -> Path:
    """A folder with the document, which Textract knows by its pages and as a whole."""
    textract.see = eyes(some)
    (tmp_path / "document").write_bytes(scan_pages(some))
    return tmp_path


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.documents.textract_payer", str(folder), *words]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def kill(worker: subprocess.Popen[str]) -> None:
    worker.kill()
    worker.communicate()


def finish(folder: Path) -> list[str]:
    """Let another worker come to the end; return the text of each page."""
    with start(folder) as worker:
        told, _ = worker.communicate()
    assert worker.returncode == 0
    return told.split("\f")


def is_right(some: list[Letter], texts: list[str]) -> bool:
    return all(not letter_error_rate(letter.truth, text) for letter, text in zip(some, texts, strict=True))


def test_a_worker_killed_between_answer_and_checkpoint_pays_nothing_twice(
    folder: Path, textract: Provider, some: list[Letter]
) -> None:
    worker = start(folder, "3")
    assert worker.stdout
    assert worker.stdout.readline() == "kept\n"
    kill(worker)
    assert len([*(folder / "store").rglob("answer.json")]) == 3
    assert is_right(some, finish(folder))
    assert textract.paid == 3
