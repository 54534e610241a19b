"""What a user does with a job that has ended: read its files, try it again, revoke its result, erase it."""

import json
from pathlib import Path

import pytest

from tests.ops.fake_server import Reply, Request, serve
from tests.ops.terminal import Terminal


def submit(terminal: Terminal, document: Path, job_id: str) -> None:
    words = ("submit", str(document), "--type", "invoice", "--job-id", job_id, "--wait")
    assert terminal.run(*words).code == 0


def test_each_file_of_a_job_is_read(at_home: Terminal, document: Path, tmp_path: Path) -> None:
    submit(at_home, document, "files")
    assert json.loads(at_home.run("result", "files").out)["jobId"] == "files"
    [page] = json.loads(at_home.run("result", "files", "--text").out)["pages"]
    assert page["number"] == 1
    copy = tmp_path / "copy.pdf"
    ended = at_home.run("result", "files", "--document", "--output", str(copy))
    assert (ended.code, ended.out, copy.read_bytes()) == (0, "", document.read_bytes())


@pytest.mark.parametrize("words", [("--document",), ("--text", "--document", "--output", "a")])
def test_one_file_is_read_in_a_call(at_home: Terminal, words: tuple[str, ...]) -> None:
    assert at_home.run("result", "any", *words).code == 64


def test_a_revoked_result_cannot_be_read_any_more(at_home: Terminal, document: Path) -> None:
    submit(at_home, document, "revoked")
    ended = at_home.run("revoke", "revoked", "--yes")
    assert (ended.code, ended.out.startswith("revoked: its result is revoked since ")) == (0, True)
    read = at_home.run("result", "revoked")
    assert (read.code, "was revoked at" in read.err) == (65, True)
    status = at_home.run("status", "revoked")
    assert status.out.startswith("revoked: done, and its result was revoked at 20")
    assert "vendor" not in status.out, "its values must not be used any more"


def test_an_erased_job_is_gone_and_its_id_stays_taken(at_home: Terminal, document: Path) -> None:
    submit(at_home, document, "erased")
    ended = at_home.run("erase", "erased", "--yes")
    assert (ended.code, ended.out.startswith("erased: erased since ")) == (0, True)
    assert at_home.run("erase", "erased", "--yes").out == ended.out
    for words in (
        ("status", "erased"),
        ("history", "erased"),
        ("submit", str(document), "--type", "invoice", "--job-id", "erased"),
    ):
        refused = at_home.run(*words)
        assert (refused.code, "was erased at" in refused.err) == (65, True), words


def test_a_failed_job_is_tried_again_once(at_home: Terminal) -> None:
    words = ("submit", "https://127.0.0.1/a.pdf", "--job-id", "failing", "--wait")
    assert at_home.run(*words).code == 1
    ended = at_home.run("retry", "failing", "--wait")
    assert (ended.code, ended.out.splitlines()[0]) == (1, "failing-retry-1: failed, in step download")
    again = at_home.run("retry", "failing")
    assert (again.code, again.out) == (1, "failing-retry-1: failed\n")


@pytest.mark.parametrize("command", ["retry", "revoke", "erase", "result"])
def test_an_unknown_job_has_its_exit_code(at_home: Terminal, command: str) -> None:
    words = ("--yes",) if command in ("revoke", "erase") else ()
    ended = at_home.run(command, "never-seen", *words)
    assert (ended.code, ended.out, "does not exist" in ended.err) == (3, "", True)


@pytest.mark.parametrize("command", ["revoke", "erase"])
def test_without_a_yes_nothing_is_sent(nowhere: Terminal, command: str) -> None:
    with serve(lambda _: Reply(202, b"{}")) as fake:
        ended = nowhere.run(command, "a", "--url", fake.url)
    assert (ended.code, "add --yes" in ended.err, fake.requests) == (64, True, [])


def test_an_object_whose_days_are_over_is_one_sentence(nowhere: Terminal) -> None:
    def answer(request: Request) -> Reply:
        return Reply(303, b'{"url": "/gone", "size": 1}') if request.path.startswith("/jobs/") else Reply(404, b"")

    with serve(answer) as fake:
        ended = nowhere.run("result", "a", "--url", fake.url)
    assert (ended.code, "the object was deleted from the store" in ended.err) == (65, True)
