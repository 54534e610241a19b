"""The command that measures how right results are: what it takes, what it says, and how it says no."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from random import Random

from evaluation.own.invoices import invoice
from evaluation.own.making import make
from local.server_process import ROOT


def evaluate(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "evaluation", *words]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environ}, capture_output=True, text=True, check=False)


def test_the_command_evaluates_a_folder(tmp_path: Path) -> None:
    """One document that is right, and one that is none, which counts as one in which nothing was found."""
    sheet, fields = invoice(Random("x"))
    data, result = tmp_path / "data", tmp_path / "out" / "score.json"
    data.mkdir()
    truth = json.dumps({"type": "invoice", "fields": {"amount": fields["amount"]}, "text": sheet.texts()})
    for name, content in {"good.pdf": sheet.pdf(), "bad.pdf": b"nothing"}.items():
        (data / name).write_bytes(content)
        (data / name).with_suffix(".json").write_text(truth)
    ended = evaluate(str(data), "--json", str(result))
    assert ended.returncode == 0, ended.stderr
    assert "50.0 %" in ended.stdout
    assert "bad.pdf failed: document_unsupported" in ended.stdout
    written = json.loads(result.read_text())
    assert [one["failure"] is None for one in written["cases"]] == [False, True]
    assert written["error_rate"] < 0.02


def make_broken_folder(folder: Path) -> Path:
    """Return a folder with a document and something beside it that says nothing."""
    folder.mkdir()
    (folder / "a.pdf").write_bytes(b"")
    (folder / "a.json").write_bytes(b"\xff\xfe{")
    return folder


def test_the_command_knows_the_types_that_a_worker_would(tmp_path: Path) -> None:
    """By the same variable; an option goes before it."""
    types = tmp_path / "types"
    types.mkdir()
    (types / "order.toml").write_text("name = 1")
    (tmp_path / "a.json").write_text('{"type": "order"}')
    (tmp_path / "a.txt").write_text("")
    by_variable = evaluate(str(tmp_path), DOCUMENT_TYPES=str(types))
    by_option = evaluate(str(tmp_path), "--types", str(tmp_path / "nowhere"), DOCUMENT_TYPES=str(types))
    assert "order.toml describes no valid document type" in by_variable.stderr
    assert "nowhere is not a folder" in by_option.stderr


def test_the_command_says_what_is_wrong_with_a_folder(tmp_path: Path) -> None:
    """In one sentence that names it, and nothing is read before."""
    nothing, wrong = tmp_path / "nowhere", make_broken_folder(tmp_path / "broken")
    for folder, said in ((nothing, f"{nothing} is no folder: name one"), (wrong, f"{wrong}/a.json: the whole: ")):
        ended = evaluate(str(folder))
        assert (ended.returncode, ended.stdout) == (2, "")
        assert ended.stderr.startswith(f"evaluation: {said}")
        assert ended.stderr.count("\n") == 1


def test_a_score_that_cannot_be_written_is_said_before_anything_is_read(tmp_path: Path) -> None:
    """A model may be paid by then."""
    (tmp_path / "file").write_text("a file of the user")
    for name, why in (("file/score.json", "File exists"), (".", "Is a directory")):
        ended = evaluate(str(make_broken_folder(tmp_path / f"broken {why}")), "--json", str(tmp_path / name))
        assert (ended.returncode, ended.stdout) == (2, "")
        sentence = f"{tmp_path / name} cannot be written ({why}): name another file with --json"
        assert ended.stderr == f"evaluation: {sentence}\n"


def test_a_recognition_that_is_not_installed_is_named(tmp_path: Path) -> None:
    make(tmp_path / "set", scans={})
    ended = evaluate(str(tmp_path / "set"), "--ocr-engine", "mixed", TESSDATA_PREFIX=str(tmp_path))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("evaluation: the OCR engine mixed needs Tesseract's language data")
    assert ended.stderr.count("\n") == 1


def test_the_command_says_how_far_it_is_and_how_long_it_took(tmp_path: Path) -> None:
    sheet, _ = invoice(Random("x"))
    for number in range(20):
        (tmp_path / f"{number}.json").write_text('{"type": "invoice"}')
        (tmp_path / f"{number}.txt").write_bytes(b"of no type that is read" if number else sheet.pdf())
    ended = evaluate(str(tmp_path), "--json", str(tmp_path / "out" / "score.json"))
    assert ended.stderr == "evaluation: 20 of 20 documents\n"
    assert re.search(r"\n20 documents in \d+ s; details: ", ended.stdout)
