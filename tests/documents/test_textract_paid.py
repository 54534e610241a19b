"""Textract is paid once for a page, even when a worker is killed."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.printed_pages import letter_error_rate
from local.server_process import ROOT
from tests import warm_start

from .scanned_pages import ScannedPage, make_detector, make_scan_pdf, make_scans
from .textract import FakeTextract


@pytest.fixture(scope="module")
def scans() -> list[ScannedPage]:
    """Return three scanned pages."""
    return make_scans(3)


@pytest.fixture
def folder(tmp_path: Path, textract: FakeTextract, scans: list[ScannedPage]) -> Path:
    """Return a folder with the document, whose pages Textract can read."""
    textract.detect = make_detector(scans)
    (tmp_path / "document").write_bytes(make_scan_pdf(scans))
    return tmp_path


def start_worker(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.documents.textract_worker", str(folder), *arguments]
    return warm_start.start(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def kill_worker(worker: subprocess.Popen[str]) -> None:
    worker.kill()
    worker.communicate()


def run_worker(folder: Path) -> list[str]:
    """Run another worker to its end; return the text of each page."""
    with start_worker(folder) as worker:
        output, _ = worker.communicate()
    assert worker.returncode == 0
    return output.split("\f")


def match_truth(scans: list[ScannedPage], texts: list[str]) -> bool:
    return all(not letter_error_rate(scan.truth, text) for scan, text in zip(scans, texts, strict=True))


def test_a_worker_killed_between_answer_and_checkpoint_pays_only_once(
    folder: Path, textract: FakeTextract, scans: list[ScannedPage]
) -> None:
    worker = start_worker(folder, "3")
    assert worker.stdout
    assert worker.stdout.readline() == "kept\n"
    kill_worker(worker)
    assert len([*(folder / "store").rglob("answer.json")]) == 3
    assert match_truth(scans, run_worker(folder))
    assert textract.paid_pages == 3
