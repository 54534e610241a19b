"""The evaluation command: its options, its output and its errors."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from random import Random

from evaluation.own.document_set import write_documents
from evaluation.own.invoices import draw_invoice
from local.server_process import ROOT
from tests import warm_start


def run_evaluation(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "evaluation", *words]
    return warm_start.run(command, cwd=ROOT, env={**os.environ, **environ}, capture_output=True)


def test_the_command_evaluates_a_folder(tmp_path: Path) -> None:
    """One document is right; the other is unreadable, and counts as a document without values."""
    sheet, fields = draw_invoice(Random("x"))
    data, result = tmp_path / "data", tmp_path / "out" / "score.json"
    data.mkdir()
    truth = json.dumps({"type": "invoice", "fields": {"amount": fields["amount"]}, "text": sheet.texts()})
    for name, content in {"good.pdf": sheet.pdf(), "bad.pdf": b"nothing"}.items():
        (data / name).write_bytes(content)
        (data / name).with_suffix(".json").write_text(truth)
    run = run_evaluation(str(data), "--json", str(result))
    assert run.returncode == 0, run.stderr
    assert "50.0 %" in run.stdout
    assert "bad.pdf failed: document_unsupported" in run.stdout
    written = json.loads(result.read_text())
    assert [one["failure"] is None for one in written["cases"]] == [False, True]
    assert written["error_rate"] < 0.02


def test_the_command_fails_when_a_field_got_worse(tmp_path: Path) -> None:
    sheet, fields = draw_invoice(Random("x"))
    data, earlier = tmp_path / "data", tmp_path / "earlier.json"
    data.mkdir()
    (data / "good.pdf").write_bytes(sheet.pdf())
    (data / "good.json").write_text(json.dumps({"type": "invoice", "fields": {"amount": fields["amount"]}}))
    assert run_evaluation(str(data), "--json", str(earlier)).returncode == 0
    options = ("--json", str(tmp_path / "score.json"), "--baseline", str(earlier))
    assert run_evaluation(str(data), *options).returncode == 0
    (data / "good.json").write_text(json.dumps({"type": "invoice", "fields": {"amount": 1}}))
    worse = run_evaluation(str(data), *options)
    assert worse.returncode == 1
    assert f"worse than {earlier}: invoice/amount: 1 right and 0 wrong" in worse.stderr
    unusable = run_evaluation(str(data), "--baseline", str(data / "good.json"))
    assert (unusable.returncode, unusable.stderr.count("\n")) == (2, 1)
    assert "is no earlier score" in unusable.stderr


def make_broken_folder(folder: Path) -> Path:
    """Return a folder with a document and an unreadable file of expected values."""
    folder.mkdir()
    (folder / "a.pdf").write_bytes(b"")
    (folder / "a.json").write_bytes(b"\xff\xfe{")
    return folder


def test_the_command_reads_the_types_of_a_worker(tmp_path: Path) -> None:
    """The variable is the worker's; the option overrides it."""
    types = tmp_path / "types"
    types.mkdir()
    (types / "order.toml").write_text("name = 1")
    (tmp_path / "a.json").write_text('{"type": "order"}')
    (tmp_path / "a.txt").write_text("")
    by_variable = run_evaluation(str(tmp_path), DOCUMENT_TYPES=str(types))
    by_option = run_evaluation(str(tmp_path), "--types", str(tmp_path / "nowhere"), DOCUMENT_TYPES=str(types))
    assert "order.toml describes no valid document type" in by_variable.stderr
    assert "nowhere is not a folder" in by_option.stderr


def test_the_command_reports_a_missing_or_broken_folder(tmp_path: Path) -> None:
    """The error is one sentence that names the folder, before any document is read."""
    nothing, wrong = tmp_path / "nowhere", make_broken_folder(tmp_path / "broken")
    for folder, message in ((nothing, f"{nothing} is no folder: name one"), (wrong, f"{wrong}/a.json: the whole: ")):
        run = run_evaluation(str(folder))
        assert (run.returncode, run.stdout) == (2, "")
        assert run.stderr.startswith(f"evaluation: {message}")
        assert run.stderr.count("\n") == 1


def test_an_unwritable_score_file_fails_before_any_document_is_read(tmp_path: Path) -> None:
    """Otherwise a model would be paid for a lost score."""
    (tmp_path / "file").write_text("a file of the user")
    for name, reason in (("file/score.json", "File exists"), (".", "Is a directory")):
        run = run_evaluation(str(make_broken_folder(tmp_path / f"broken {reason}")), "--json", str(tmp_path / name))
        assert (run.returncode, run.stdout) == (2, "")
        sentence = f"{tmp_path / name} cannot be written ({reason}): name another file with --json"
        assert run.stderr == f"evaluation: {sentence}\n"


def test_the_error_of_a_missing_ocr_engine_names_it(tmp_path: Path) -> None:
    write_documents(tmp_path / "set", scans={})
    run = run_evaluation(str(tmp_path / "set"), "--ocr-engine", "mixed", TESSDATA_PREFIX=str(tmp_path))
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith("evaluation: the OCR engine mixed needs Tesseract's language data")
    assert run.stderr.count("\n") == 1


def test_the_command_reports_its_progress_and_its_duration(tmp_path: Path) -> None:
    sheet, _ = draw_invoice(Random("x"))
    for number in range(20):
        (tmp_path / f"{number}.json").write_text('{"type": "invoice"}')
        (tmp_path / f"{number}.txt").write_bytes(b"of no type that is read" if number else sheet.pdf())
    run = run_evaluation(str(tmp_path), "--json", str(tmp_path / "out" / "score.json"))
    assert run.stderr == "evaluation: 20 of 20 documents\n"
    assert re.search(r"\n20 documents in \d+ s; details: ", run.stdout)
