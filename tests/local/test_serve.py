"""The system that is kept up: one at a time in a folder, with the user's choices, and what it says when it cannot."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from local.servers import HOST, ROOT
from tests.ops.conftest import two_free_ports
from tests.waiting import wait_until

TYPE = """
name = "letter"
description = "A letter."
[[fields]]
name = "sender"
description = "Who wrote it."
"""


def ended(program: str, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a program that is to end by itself."""
    command = [sys.executable, "-m", f"local.{program}", *words]
    env = {**os.environ, **environ}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=100, check=False)


@contextmanager
def serving(state: Path, *words: str, **environ: str) -> Iterator[psutil.Process]:
    """Keep it up; its parts are its children."""
    command = [sys.executable, "-m", "local.serve", "--state", str(state), "--port", str(two_free_ports()), *words]
    env = {**os.environ, **environ}
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) as serve:
        try:
            assert serve.stdout
            assert serve.stdout.readline().startswith("Up: ")
            yield psutil.Process(serve.pid)
        finally:
            serve.kill()


def part(serve: psutil.Process, name: str) -> psutil.Process:
    """Return the process of a part."""
    [found] = [child for child in serve.children() if name in child.cmdline()]
    return found


@pytest.mark.parametrize("program", ["serve", "demo"])
def test_a_folder_that_is_in_use_is_left_alone_also_when_it_should_be_fresh(tmp_path: Path, program: str) -> None:
    state = tmp_path / program
    state.mkdir()
    (state / "jobs").write_text("somebody's")
    words = ["--state", str(state), "--fresh"] if program == "serve" else ["--state", str(tmp_path)]
    with (tmp_path / f"{program}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = ended(program, *words)
    assert done.returncode == 1
    sentence = f"{program}: another {program} uses {state}: stop it, or choose another folder with --state\n"
    assert done.stderr == sentence
    assert (state / "jobs").read_text() == "somebody's"


@pytest.mark.parametrize(
    ("program", "words", "says"),
    [
        ("serve", ("--port", "65535"), "a port is a number from 1 to 65534, not '65535'"),
        ("serve", ("--port", "-1"), "a port is a number from 1 to 65534, not '-1'"),
        ("serve", ("--port", "x"), "not 'x'"),
        ("serve", ("--port", "8080.5"), "not '8080.5'"),
        ("serve", ("--state", "/proc/nobody/x"), "/proc/nobody/x can be no folder (No such file or directory)"),
        ("serve", ("--state", __file__), "can be no folder (File exists)"),
        ("serve", ("--state", f"{__file__}/x"), "can be no folder (Not a directory)"),
        ("serve", ("--frobnicate",), "unrecognized arguments: --frobnicate"),
        ("demo", ("--state", __file__), "can be no folder (File exists)"),
        ("demo", ("--port", "x"), "unrecognized arguments: --port x"),
        ("gateway", ("--port", "65536"), "a port is a number from 1 to 65535, not '65536'"),
        ("gateway", ("--port", "x"), "not 'x'"),
        ("gateway", (), "the following arguments are required: --port"),
    ],
)
def test_a_command_line_that_makes_no_sense_is_one_sentence(program: str, words: tuple[str, ...], says: str) -> None:
    done = ended(program, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{program}: ")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("beside", [0, 1])
def test_a_port_that_somebody_uses_is_one_sentence_and_starts_nothing(tmp_path: Path, beside: int) -> None:
    first = two_free_ports()
    with socket.create_server((HOST, first + beside)):
        done = ended("serve", "--state", str(tmp_path / "state"), "--port", str(first))
    told = f"serve: port {first} or {first + 1} cannot be used (Address already in use): choose others with --port\n"
    assert (done.returncode, done.stderr) == (1, told)
    assert not (tmp_path / "state" / "engine").exists()


def test_a_gateway_whose_port_somebody_uses_says_so_without_a_trace() -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        done = ended("gateway", "--port", str(port))
    assert (done.returncode, done.stderr) == (
        1,
        f"gateway: {HOST}:{port} cannot be listened on (Address already in use)\n",
    )


def test_a_part_that_dies_at_its_start_is_named_with_its_last_words_and_its_log(tmp_path: Path) -> None:
    """Of this start, and not of one before it."""
    tmp_path.joinpath("worker.log").write_text("what a former one said\n")
    done = ended("serve", "--state", str(tmp_path), "--port", str(two_free_ports()), OCR_ENGINE="nonsense")
    first, words, log = done.stderr.splitlines()
    assert done.returncode == 1
    assert first == "serve: the worker has ended with exit code 2, and said last:"
    assert words.startswith("  worker: OCR_ENGINE must be ")
    assert log == f"Its log: {tmp_path / 'worker.log'}"


def test_a_part_that_is_killed_ends_the_others_and_says_which_it_was(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "local.serve", "--state", str(tmp_path), "--port", str(two_free_ports())]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as serve:
        assert serve.stdout
        serve.stdout.readline()
        parts = psutil.Process(serve.pid).children(recursive=True)
        part(psutil.Process(serve.pid), "local.gateway").kill()
        assert serve.wait(60) == 1
        assert serve.stderr
        assert serve.stderr.read().startswith("serve: the gateway was ended by SIGKILL, and said")
    assert psutil.wait_procs(parts, timeout=60)[1] == []


def test_a_serve_that_is_killed_leaves_no_part(tmp_path: Path) -> None:
    with serving(tmp_path) as serve:
        parts = serve.children(recursive=True)
        words = {Path(word).name for one in parts for word in one.cmdline()}
        assert {"worker", "local.gateway"} < words
        assert words & {"local.engine", "resonate"}  # the embedded server or the real one
        serve.send_signal(signal.SIGKILL)
        assert psutil.wait_procs(parts, timeout=60)[1] == []


def test_the_choices_of_the_user_reach_the_worker_and_nothing_else_does(tmp_path: Path) -> None:
    chosen = {
        "WORKER_PAGE_SLOTS": "1",
        "WORKER_CONCURRENCY": "3",
        "AWS_PROFILE": "mine",
        "AWS_ENDPOINT_URL_TEXTRACT": "http://127.0.0.1:9",
        "LLM_API_KEY": "key-of-a-test",
    }
    others = {"WORKER_GROUP": "elsewhere", "STORE_URL": "s3://elsewhere", "NOTIFY_URL": "x", "AWS_SOMETHING": "x"}
    with serving(tmp_path, **chosen, **others) as serve:
        worker, gateway = part(serve, "worker").environ(), part(serve, "local.gateway").environ()
    assert chosen.items() <= worker.items()
    assert worker["STORE_URL"] == (tmp_path / "store").as_uri()
    assert worker.keys().isdisjoint({"WORKER_GROUP", "AWS_SOMETHING"})
    assert gateway.keys().isdisjoint(chosen)


def test_hosts_of_the_user_are_allowed_beside_those_of_serve_itself(tmp_path: Path) -> None:
    """Without its own, none of the documents that it serves could be read."""
    with serving(tmp_path, ALLOWED_HOSTS="files.internal:8080") as serve:
        place = json.loads((tmp_path / "address.json").read_text())["documents"].removeprefix("http://")
        assert part(serve, "worker").environ()["ALLOWED_HOSTS"].split(",") == [place, "files.internal:8080"]


@pytest.mark.parametrize("by", ["option", "variable"])
def test_types_of_the_user_are_taken_by_the_api_and_known_to_the_worker(tmp_path: Path, by: str) -> None:
    folder = tmp_path / "types"
    folder.mkdir()
    (folder / "letter.toml").write_text(TYPE)
    words, environ = (("--types", str(folder)), {}) if by == "option" else ((), {"DOCUMENT_TYPES": str(folder)})
    with serving(tmp_path / "state", *words, **environ) as serve:
        assert part(serve, "worker").environ()["DOCUMENT_TYPES"] == str(folder)
        url = json.loads((tmp_path / "state" / "address.json").read_text())["api"]
        ask = [sys.executable, "-m", "ops", "submit", "http://127.0.0.1:9/a.pdf", "--url", url, "--type"]
        taken = subprocess.run([*ask, "letter"], cwd=ROOT, capture_output=True, text=True, check=False)
        refused = subprocess.run([*ask, "memo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (taken.returncode, refused.returncode) == (0, 65)
    assert "type must be one of invoice, contract, report, letter" in refused.stderr


@pytest.mark.parametrize(("content", "says"), [(None, "is no folder"), ("name =", "cannot be read")])
def test_types_that_make_no_sense_are_said_before_anything_starts(
    tmp_path: Path, content: str | None, says: str
) -> None:
    folder = tmp_path / "types"
    if content:
        folder.mkdir()
        (folder / "letter.toml").write_text(content)
    done = ended("serve", "--state", str(tmp_path / "state"), "--types", str(folder))
    assert done.returncode == 2
    assert done.stderr.startswith("serve: ")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("place", ["tmp/tmp123/document", "store/incoming/0123abc"])
def test_what_a_killed_worker_left_of_its_documents_is_gone_with_the_next_start(tmp_path: Path, place: str) -> None:
    left = tmp_path / place
    left.parent.mkdir(parents=True)
    left.write_bytes(b"x" * 1_000)
    with serving(tmp_path) as serve:
        assert part(serve, "worker").environ()["TMPDIR"] == str(tmp_path / "tmp")
        wait_until(lambda: not left.exists(), "it is still there")
