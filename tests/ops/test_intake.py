"""Uploads, batches and schedules at the command line, with make serve."""

import json
from pathlib import Path

import pytest

from local import samples
from ops.laptop import Laptop
from tests.ops.terminal import Terminal


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """A folder with two documents, and what is none."""
    folder = tmp_path / "scans"
    (folder / "older").mkdir(parents=True)
    (folder / ".hidden").write_text("no document")
    (folder / "a.pdf").write_bytes(samples.make_invoice())
    (folder / "b.pdf").write_bytes(samples.make_report())
    return folder


def test_a_folder_is_one_batch_of_its_files(at_home: Terminal, scans: Path) -> None:
    ended = at_home.run("submit", str(scans), "--requester", "me", "--wait", "--json")
    assert ended.code == 0, ended
    found = json.loads(ended.out)
    assert (found["state"], found["counts"], found["requesterId"]) == ("ended", {"done": 2}, "me")
    again = at_home.run("submit", str(scans), "--requester", "me", "--json")
    assert json.loads(again.out)["batchId"] == found["batchId"]
    assert at_home.run("batch", "status", found["batchId"]).out.splitlines() == [
        f"{found['batchId']}: ended",
        "  done  2",
    ]


def test_a_list_is_a_batch_that_can_be_canceled(at_home: Terminal, laptop: Laptop, tmp_path: Path) -> None:
    items = [{"documentUrl": f"{laptop.documents}/missing-{number}.pdf"} for number in range(3)]
    (tmp_path / "list.jsonl").write_text("\n".join(map(json.dumps, items)))
    ended = at_home.run("batch", "submit", str(tmp_path / "list.jsonl"), "--batch-id", "march", "--wait")
    assert (ended.code, ended.out.splitlines()[-1].split()) == (1, ["failed", "3"]), ended
    canceled = at_home.run("batch", "cancel", "march")
    assert (canceled.code, canceled.out) == (0, "march: canceling\n")
    assert at_home.run("batch", "status", "nothing").code == 3


def test_a_file_is_uploaded_under_one_id(at_home: Terminal, document: Path) -> None:
    first, again = (at_home.run("upload", str(document)) for _ in range(2))
    assert (first.code, first.out) == (0, again.out)
    assert first.out.startswith("My-invoice-March-")


def test_a_schedule_is_added_listed_and_deleted(at_home: Terminal) -> None:
    words = ("schedule", "add", "yearly", "https://example.com/a.pdf", "--cron", "0 0 1 JAN *")
    assert "0 0 1 JAN *" in at_home.run(*words).out
    assert [one["id"] for one in json.loads(at_home.run("schedule", "list", "--json").out)] == ["yearly"]
    assert at_home.run("schedule", "delete", "yearly").out == "yearly: deleted\n"
    refused = at_home.run(*words[:-1], "never")
    assert (refused.code, "cron must have 5 fields" in refused.err) == (65, True), refused


@pytest.mark.parametrize(
    "words",
    [
        ("submit", "scans", "--job-id", "a"),
        ("submit", "older"),
        ("batch", "submit", "a.pdf"),
        ("batch", "submit", "a.jsonl", "--again"),
        ("schedule", "add", "a"),
        ("schedule", "delete"),
        ("upload", "older"),
    ],
)
def test_what_does_not_fit_is_one_sentence(at_home: Terminal, scans: Path, words: tuple[str, ...]) -> None:
    (scans / "a.jsonl").write_text("{}")
    (scans / "scans").mkdir()
    (scans / "scans" / "a.pdf").write_bytes(b"%PDF")
    ended = at_home.run(*(str(scans / word) if (scans / word).exists() else word for word in words))
    assert (ended.code, ended.err.count("\n")) == (64, 1), ended
