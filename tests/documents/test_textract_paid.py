"""Whatever a worker dies of, Textract is paid once: for a page, and for the start of a whole document."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from bench.written import letters_wrong
from local.server_process import ROOT

from .letters import Letter, eyes, letters, scanned
from .textract import Block, Provider, Refusal


@pytest.fixture(scope="module")
def some() -> list[Letter]:
    """Three pages."""
    return letters(3)


@pytest.fixture
def folder(tmp_path: Path, textract: Provider, some: list[Letter]) -> Path:
    """A folder with the document, which Textract knows by its pages and as a whole."""
    textract.see = eyes(some)
    textract.pages = [letter.blocks(number) for number, letter in enumerate(some, start=1)]
    (tmp_path / "document").write_bytes(scanned(some))
    return tmp_path


def start(how: str, folder: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.documents.textract_payer", how, str(folder), *words]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def kill(worker: subprocess.Popen[str]) -> None:
    worker.kill()
    worker.communicate()


def finish(how: str, folder: Path) -> list[str]:
    """Let another worker come to the end; return the text of each page."""
    with start(how, folder) as worker:
        told, _ = worker.communicate()
    assert worker.returncode == 0
    return told.split("\f")


def is_right(some: list[Letter], texts: list[str]) -> bool:
    return all(not letters_wrong(letter.truth, text) for letter, text in zip(some, texts, strict=True))


@pytest.mark.parametrize(("how", "kept"), [("page", 3), ("whole", 1), ("whole", 2)])
def test_a_worker_killed_between_answer_and_checkpoint_pays_nothing_twice(
    folder: Path, textract: Provider, some: list[Letter], how: str, kept: int
) -> None:
    """Of a whole document the number of its start is an answer of its own."""
    worker = start(how, folder, str(kept))
    assert worker.stdout
    assert worker.stdout.readline() == "kept\n"
    kill(worker)
    assert len([*(folder / "store").rglob("answer.json")]) == kept
    assert is_right(some, finish(how, folder))
    assert textract.paid == 3
    assert len(textract.calls("StartDocumentTextDetection")) == (how == "whole")


def test_a_worker_killed_after_the_start_starts_the_same_one_again(
    folder: Path, textract: Provider, some: list[Letter]
) -> None:
    """Nothing is kept yet: it is the token that Textract knows the document by."""
    here, on = threading.Event(), threading.Event()
    answer = textract.answer

    def held(operation: str, body: dict[str, Any]) -> Block | Refusal:
        answered = answer(operation, body)
        if operation == "StartDocumentTextDetection":
            here.set()
            on.wait()
        return answered

    textract.answer = held  # type: ignore[method-assign] # this one test has it so
    worker = start("whole", folder)
    assert here.wait(60)
    kill(worker)
    on.set()
    assert is_right(some, finish("whole", folder))
    one, other = textract.calls("StartDocumentTextDetection")
    assert one == other
    assert (textract.paid, len(textract.jobs)) == (3, 1)
