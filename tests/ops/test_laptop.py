"""The command with a real make serve: from the command line to the result."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local.server_process import ROOT, free_port
from ops.laptop import Laptop, find_laptop
from tests import warm_start
from tests.ops.conftest import wait_for_laptop
from tests.ops.terminal import Terminal
from tests.processes import kill_at_end


def test_submitting_a_file_prints_its_result(at_home: Terminal, document: Path) -> None:
    ended = at_home.run("submit", str(document), "--type", "invoice", "--wait")
    assert ended.code == 0, ended
    assert re.match(r"My-invoice-March-[0-9a-f]{12}: accepted, processing\n", ended.out)
    assert re.search(r"^  vendor +Brightwater Logistics Ltd$", ended.out, re.MULTILINE)
    assert "Using make serve on http://127.0.0.1" in ended.err
    assert ": done\n" in ended.err


def test_the_same_file_sent_twice_is_one_job_and_again_starts_another(at_home: Terminal, document: Path) -> None:
    def send(*more: str) -> str:
        answer = json.loads(at_home.run("submit", str(document), "--requester", "twin", "--json", *more).out)
        assert answer["status"] == "accepted"
        return str(answer["jobId"])

    first = send()
    assert send() == first
    assert send("--type", "contract") != first
    assert send("--again") != first


def test_the_exit_code_tells_the_state_of_a_job(at_home: Terminal, document: Path, laptop: Laptop) -> None:
    assert at_home.run("status", "unknown").code == 3
    assert at_home.run("submit", str(document), "--job-id", "good", "--wait").code == 0
    assert at_home.run("status", "good").code == 0
    calls = at_home.run("history", "good")
    assert (calls.code, "doc/good: done after " in calls.out, "download" in calls.out) == (0, True, True), calls
    assert at_home.run("why", "good").out.startswith("doc/good is done at ")
    missing = f"{laptop.documents}/missing.pdf"
    failed = at_home.run("submit", missing, "--job-id", "bad", "--wait", "--json")
    assert (failed.code, json.loads(failed.out)["error"]["code"]) == (1, "document_not_found")
    shown = at_home.run("status", "bad")
    assert (shown.code, shown.out.splitlines()[0]) == (1, "bad: failed, in step download")


def test_a_function_is_invoked_and_returns(at_home: Terminal) -> None:
    """Through gateway, trigger, server, worker, and the processes that stand for Lambda."""
    ended = at_home.run("invoke", "factorial", "10")
    assert (ended.code, ended.out) == (0, "3628800\n"), ended
    refused = at_home.run("invoke", "factorial", "ten")
    assert (refused.code, "do not fit factorial" in refused.err) == (65, True), refused
    lines = at_home.run("logs", "functions").out
    assert '"promiseId": "fn/factorial-' in lines


def test_outputs_can_be_columns_shell_variables_or_json(at_home: Terminal, laptop: Laptop) -> None:
    assert json.loads(at_home.run("outputs", "--format", "json").out)["ApiUrl"] == laptop.api
    assert f"LONGHAND_API_URL={laptop.api}\n" in at_home.run("outputs", "--format", "env").out
    assert re.search(rf"^ApiUrl +{laptop.api}$", at_home.run("outputs").out, re.MULTILINE)


@pytest.mark.parametrize("name", ["nothing.pdf", "folder", "empty.pdf"])
def test_a_file_that_cannot_be_submitted_is_reported_in_one_sentence(
    at_home: Terminal, tmp_path: Path, name: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.pdf").touch()
    ended = at_home.run("submit", str(tmp_path / name))
    assert ended.code == 64
    assert ended.err.startswith("longhand: ")
    assert ended.err.count("\n") == 1


def test_without_a_system_the_error_names_both_ways_to_get_one(nowhere: Terminal) -> None:
    ended = nowhere.run("status", "job")
    assert (ended.code, ended.out) == (78, "")
    assert "make serve" in ended.err
    assert "--stack" in ended.err


def test_the_address_file_of_a_killed_serve_is_ignored(tmp_path: Path) -> None:
    words = ["local.serve", "--state", str(tmp_path), "--port", str(free_port(successors=1))]
    command = [sys.executable, "-m", "tests.warm_program", *words]
    serve = warm_start.start(command, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True, text=True)
    with kill_at_end(serve):
        wait_for_laptop(serve, tmp_path)
    assert (tmp_path / "address.json").exists()
    assert find_laptop(tmp_path) is None


def test_a_state_folder_that_is_a_file_is_reported_in_one_sentence(nowhere: Terminal, document: Path) -> None:
    ended = nowhere.run("status", "a", "--state", str(document))
    assert (ended.code, ended.err.count("\n")) == (64, 1), ended
    assert "cannot be read (Not a directory): name another folder with --state" in ended.err


def test_ctrl_c_during_imports_prints_no_traceback(nowhere: Terminal, tmp_path: Path) -> None:
    """The library that is imported first sends the signal."""
    (tmp_path / "typer.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    ended = nowhere.with_environ(PYTHONPATH=str(tmp_path)).run("--help")
    assert (ended.code in (-signal.SIGINT, 130), ended.out, ended.err) == (True, "", "")


SECRET = "correct horse"  # noqa: S105 - not a real one


@pytest.mark.parametrize("by", ["file", "stdin"])
def test_a_password_is_read_from_a_file_or_stdin_and_appears_nowhere(
    at_home: Terminal, document: Path, tmp_path: Path, state: Path, by: str
) -> None:
    """The command does not print it, and no file of the state folder contains it but the server's database."""
    file = tmp_path / "password"
    file.write_text(f"\ufeff{SECRET}\n")  # with the byte order mark of Windows editors
    words = ("submit", str(document), "--password-file", str(file) if by == "file" else "-", "--requester", by)
    ended = at_home.run(*words, "--wait", stdin=None if by == "file" else f"{SECRET}\r\n")
    again = at_home.run(*words, "--json", stdin=None if by == "file" else SECRET)
    assert ended.code == 0, ended
    assert json.loads(again.out)["state"] == "done"
    assert SECRET not in ended.out + ended.err + again.out + again.err
    others = [one for one in state.rglob("*") if one.is_file() and "server" not in one.relative_to(state).parts]
    assert state / "gateway.log" in others
    assert [str(one) for one in others if SECRET.encode() in one.read_bytes()] == []


def test_another_password_is_the_same_job_without_again(at_home: Terminal, document: Path) -> None:
    """The job id depends on whether there is a password, never on which: ids are public."""
    words = ("submit", str(document), "--json", "--requester", "a tester", "--password-file", "-")
    first, other, anew = (
        json.loads(at_home.run(*words, *more, stdin=password).out)["jobId"]
        for password, more in ((SECRET, ()), ("other", ()), ("other", ("--again",)))
    )
    assert other == first
    assert anew != first


@pytest.mark.parametrize(
    ("words", "stdin", "sentence"),
    [
        (("--password-file", "/nowhere"), None, "the password cannot be read from /nowhere"),
        (("--password-file", "-"), "", "the password must be one line of 1 to 127 characters"),
        (("--password-file", "-"), f"{SECRET}\nmore", "the password must be one line of 1 to 127 characters"),
        (("--password-file", "-"), SECRET * 10, "the password must be one line of 1 to 127 characters"),
        (("--max-cost", "-1"), None, "--max-cost must be a number of US dollars from 0 to 10000"),
        (("--max-cost", "nan"), None, "--max-cost must be a number of US dollars from 0 to 10000"),
        (("--type", "A letter"), None, "--type must be 1 to 40 characters of a-z 0-9 _ - and start with a letter"),
        (("--job-id", "a/b"), None, "--job-id must be 1 to 128 characters of A-Z a-z 0-9 _ -"),
        (("--requester", "x" * 257), None, "--requester must have 1 to 256 characters"),
        (("--dry-run", "--wait"), None, "--dry-run starts no job that --wait could wait for"),
    ],
)
def test_invalid_options_are_reported_in_one_sentence_and_send_nothing(
    at_home: Terminal, document: Path, words: tuple[str, ...], stdin: str | None, sentence: str
) -> None:
    inbox = Path(json.loads(at_home.run("outputs", "--format", "json").out)["InboxFolder"])
    before = set(inbox.iterdir())
    ended = at_home.run("submit", str(document), *words, stdin=stdin)
    assert (ended.code, ended.out) == (64, "")
    assert ended.err.startswith(f"longhand: {sentence}")
    assert ended.err.count("\n") == 1
    assert SECRET not in ended.err
    assert set(inbox.iterdir()) == before


def test_an_unknown_type_is_refused_in_the_apis_own_words(at_home: Terminal, document: Path) -> None:
    ended = at_home.run("submit", str(document), "--type", "letter")
    assert ended.code == 65
    assert 'type must be one of invoice, contract, report, receipt, not "letter"' in ended.err


def test_another_cost_limit_is_another_job(at_home: Terminal, document: Path) -> None:
    jobs = [
        json.loads(at_home.run("submit", str(document), "--json", *limit).out)["jobId"]
        for limit in ((), ("--max-cost", "2"), ("--max-cost", "2.0"), ("--max-cost", "3"))
    ]
    assert len(set(jobs)) == 3
    assert jobs[1] == jobs[2]
