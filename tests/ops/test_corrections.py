"""`longhand corrections`: the folder that it writes is one that the evaluation reads."""

import json
from pathlib import Path

import pytest

from evaluation.cases import cases_in
from ops.exit_codes import ExitCode
from tests.ops.fake_server import FakeServer, Reply, Request, serve
from tests.ops.terminal import Terminal

CREATED_TIME = "2026-11-29T10:00:00.123+00:00"
DOCUMENT = b"%PDF-1.7 an invoice"
CORRECTED_REVIEW = {
    "decision": "corrected",
    "at": CREATED_TIME,
    "corrections": {"amount": {"original": 12.0, "value": 119.0}, "due": {"original": "2026-12-01", "value": None}},
}
REVIEWS = {
    "corrected": CORRECTED_REVIEW,
    "approved": {"decision": "approved", "at": CREATED_TIME, "corrections": {}},
    "in-time": {"decision": "timedOut", "at": CREATED_TIME, "corrections": {}},
    "unread": None,
}


def answer(request: Request) -> Reply:
    path = request.path.partition("?")[0]
    name = path.split("/")[-2 if path.endswith("/document") else -1]
    if path == "/jobs":
        usual = {"state": "done", "type": "invoice", "requesterId": "ada", "createdAt": CREATED_TIME}
        return Reply(200, json.dumps({"jobs": [{"id": name, **usual} for name in REVIEWS]}).encode())
    if path.startswith("/status/"):
        result = {"extractedData": {"amount": 119.0}, "review": REVIEWS[name]}
        return Reply(200, json.dumps({"status": "done", "jobId": name, "result": result}).encode())
    if path.endswith("/document"):
        link = json.dumps({"url": f"/objects/{name}", "size": len(DOCUMENT)}).encode()
        return Reply(303, link, {"Location": f"/objects/{name}"})
    return Reply(200, DOCUMENT)


def run(terminal: Terminal, *words: str) -> tuple[int, str, FakeServer]:
    with serve(answer) as fake:
        ended = terminal.run("corrections", *words, "--url", fake.url)
    return ended.code, ended.out + ended.err, fake


def test_the_evaluation_reads_what_reviewers_have_approved(nowhere: Terminal, tmp_path: Path) -> None:
    """With the corrected values; one that a reviewer has removed is known to be missing."""
    folder = tmp_path / "new" / "reviewed"
    code, out, _ = run(nowhere, "--out", str(folder), "--type", "invoice")
    assert (code, out) == (0, f"2 reviewed documents are in {folder}\n")
    cases = {case.file.stem: case for case in cases_in(folder)}
    assert cases.keys() == {"corrected", "approved"}
    assert cases["corrected"].file.read_bytes() == DOCUMENT
    truth = cases["corrected"].truth
    assert (truth.type, truth.fields) == ("invoice", {"amount": 119.0, "due": None})


def test_a_document_that_is_there_is_not_read_again(nowhere: Terminal, tmp_path: Path) -> None:
    run(nowhere, "--out", str(tmp_path), "--corrected")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["corrected.json", "corrected.pdf"]
    _, _, fake = run(nowhere, "--out", str(tmp_path), "--corrected")
    assert not [one.path for one in fake.requests if one.path.endswith("/document")]


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_folder_that_cannot_be_written_is_said_so(nowhere: Terminal, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    code, out, _ = run(nowhere, "--out", str(tmp_path / name))
    assert (code, "name another folder" in out) == (ExitCode.USAGE, True)
