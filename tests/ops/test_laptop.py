"""The command on a laptop: real processes from the command line to the result."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from local.servers import ROOT
from ops.laptop import Laptop, find
from tests.ops.conftest import two_free_ports
from tests.ops.terminal import Terminal


def test_a_file_goes_in_and_its_result_comes_out(at_home: Terminal, document: Path) -> None:
    ended = at_home.run("submit", str(document), "--type", "invoice", "--wait")
    assert ended.code == 0, ended
    assert re.match(r"My-invoice-March-[0-9a-f]{12}: accepted, processing\n", ended.out)
    assert re.search(r"^  vendor +Brightwater Logistics Ltd$", ended.out, re.MULTILINE)
    assert "Using make serve on http://127.0.0.1" in ended.err
    assert ": done\n" in ended.err


def test_the_same_file_sent_twice_is_one_job_and_again_makes_another(at_home: Terminal, document: Path) -> None:
    def send(*more: str) -> str:
        answer = json.loads(at_home.run("submit", str(document), "--requester", "twin", "--json", *more).out)
        assert answer["status"] == "accepted"
        return str(answer["jobId"])

    first = send()
    assert send() == first
    assert send("--type", "contract") != first
    assert send("--again") != first


def test_the_exit_code_says_where_a_job_is(at_home: Terminal, document: Path, laptop: Laptop) -> None:
    assert at_home.run("status", "nobody").code == 3
    assert at_home.run("submit", str(document), "--job-id", "good", "--wait").code == 0
    assert at_home.run("status", "good").code == 0
    missing = f"{laptop.documents}/missing.pdf"
    failed = at_home.run("submit", missing, "--job-id", "bad", "--wait", "--json")
    assert (failed.code, json.loads(failed.out)["error"]["code"]) == (1, "document_not_found")
    shown = at_home.run("status", "bad")
    assert (shown.code, shown.out.splitlines()[0]) == (1, "bad: failed, in step download")


def test_outputs_are_for_a_person_a_shell_and_a_program(at_home: Terminal, laptop: Laptop) -> None:
    assert json.loads(at_home.run("outputs", "--format", "json").out)["ApiUrl"] == laptop.api
    assert f"LONGHAND_API_URL={laptop.api}\n" in at_home.run("outputs", "--format", "env").out
    assert re.search(rf"^ApiUrl +{laptop.api}$", at_home.run("outputs").out, re.MULTILINE)


@pytest.mark.parametrize("name", ["nothing.pdf", "folder", "empty.pdf"])
def test_a_file_that_cannot_be_sent_is_said_in_one_sentence(at_home: Terminal, tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.pdf").touch()
    ended = at_home.run("submit", str(tmp_path / name))
    assert ended.code == 64
    assert ended.err.startswith("longhand: ")
    assert ended.err.count("\n") == 1


def test_without_a_system_it_says_how_to_get_one(nowhere: Terminal) -> None:
    ended = nowhere.run("status", "job")
    assert (ended.code, ended.out) == (78, "")
    assert "make serve" in ended.err
    assert "--stack" in ended.err


def test_an_address_that_a_killed_process_left_behind_deceives_nobody(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "local.serve", "--state", str(tmp_path), "--port", str(two_free_ports())]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True) as serve:
        end = time.monotonic() + 60
        while find(tmp_path) is None and time.monotonic() < end and serve.poll() is None:
            time.sleep(0.05)
        assert find(tmp_path)
        parts = _children(serve.pid)
        serve.kill()
        serve.wait()
    try:
        assert (tmp_path / "address.json").exists()
        assert find(tmp_path) is None
    finally:
        for pid in parts:
            os.kill(pid, signal.SIGKILL)


def _children(pid: int) -> list[int]:
    return [child.pid for child in psutil.Process(pid).children(recursive=True)]
