"""`make serve`: one system for each folder, its error messages, and its end."""

import fcntl
import socket
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from local.server_process import HOST, free_port
from local.state import MARK
from tests.waiting import TIMEOUT_SECONDS

from .serving import list_parts, read_address, run, run_serve


@pytest.mark.parametrize("program", ["serve", "demo"])
def test_a_folder_in_use_is_refused_also_with_fresh(tmp_path: Path, program: str) -> None:
    state = tmp_path / program
    state.mkdir()
    (state / "jobs").write_text("foreign")
    words = ["--state", str(state), "--fresh"] if program == "serve" else ["--state", str(tmp_path)]
    with (state / MARK).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = run(program, *words)
    assert done.returncode == 1
    sentence = f"{program}: another {program} uses {state}: stop it, or choose another folder with --state\n"
    assert done.stderr == sentence
    assert (state / "jobs").read_text() == "foreign"


@pytest.mark.parametrize(
    ("program", "words", "says"),
    [
        ("serve", ("--port", "65535"), "a port is a number from 1 to 65534, not '65535'"),
        ("serve", ("--port", "-1"), "a port is a number from 1 to 65534, not '-1'"),
        ("serve", ("--port", "x"), "not 'x'"),
        ("serve", ("--port", "8080.5"), "not '8080.5'"),
        ("serve", ("--state", "/proc/missing/x"), "x cannot be used as a folder (No such file or directory)"),
        ("serve", ("--state", __file__), "cannot be used as a folder (File exists)"),
        ("serve", ("--state", f"{__file__}/x"), "cannot be used as a folder (Not a directory)"),
        ("serve", ("--frobnicate",), "unrecognized arguments: --frobnicate"),
        ("demo", ("--state", __file__), "cannot be used as a folder (File exists)"),
        ("demo", ("--port", "x"), "unrecognized arguments: --port x"),
        ("gateway", ("--port", "65536"), "a port is a number from 1 to 65535, not '65536'"),
        ("gateway", ("--port", "x"), "not 'x'"),
        ("gateway", (), "the following arguments are required: --port"),
    ],
)
def test_an_invalid_command_line_is_one_sentence(program: str, words: tuple[str, ...], says: str) -> None:
    done = run(program, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{program}: ")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("beside", [0, 1])
def test_a_port_in_use_is_one_sentence_and_starts_nothing(tmp_path: Path, beside: int) -> None:
    first = free_port(successors=1)
    with socket.create_server((HOST, first + beside)):
        done = run("serve", "--state", str(tmp_path / "state"), "--port", str(first))
    sentence = (
        f"serve: port {first} or {first + 1} cannot be used (Address already in use): choose others with --port\n"
    )
    assert (done.returncode, done.stderr) == (1, sentence)
    assert not (tmp_path / "state" / "server").exists()


def test_a_gateway_reports_a_port_in_use_without_a_traceback() -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        done = run("gateway", "--port", str(port))
    assert (done.returncode, done.stderr) == (
        1,
        f"gateway: {HOST}:{port} cannot be used (Address already in use): choose another --port\n",
    )


def test_a_part_that_ends_at_its_start_is_reported_with_its_last_output_and_its_log(tmp_path: Path) -> None:
    """The output is of this start, not of a former one."""
    tmp_path.joinpath(MARK).touch()
    tmp_path.joinpath("worker.log").write_text("what a former one said\n")
    done = run("serve", "--state", str(tmp_path), "--port", str(free_port(successors=1)), OCR_ENGINE="nonsense")
    first, words, log = done.stderr.splitlines()
    assert done.returncode == 1
    assert first == "serve: the worker ended with exit code 2. Last output:"
    assert words.startswith("  worker: OCR_ENGINE must be ")
    assert log == f"Log: {tmp_path / 'worker.log'}"


def test_a_killed_part_is_reported_and_ends_the_others(tmp_path: Path) -> None:
    with run_serve(tmp_path) as serve:
        parts = list_parts(serve)
        port = urlsplit(read_address(tmp_path, "api")).port
        [gateway] = [part for part in parts if port in {one.laddr.port for one in part.net_connections()}]
        gateway.kill()
        assert serve.wait(TIMEOUT_SECONDS) == 1
        assert serve.stderr
        assert serve.stderr.read().startswith("serve: the gateway was killed by SIGKILL. ")
    assert psutil.wait_procs(parts, timeout=TIMEOUT_SECONDS)[1] == []


def test_a_killed_serve_leaves_no_part_running(tmp_path: Path) -> None:
    with run_serve(tmp_path) as serve:
        parts = list_parts(serve)
        serve.kill()
        assert psutil.wait_procs(parts, timeout=TIMEOUT_SECONDS)[1] == []
