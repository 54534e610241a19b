"""`make serve`: one system per folder, with the user's choices, and its error messages."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import psutil
import pytest

from contract.answers import Done
from local import samples, site
from local.choices import find_choices
from local.server_process import HOST, ROOT, free_port
from local.state import MARK
from local.system import System
from longhand_client import Client
from tests import warm_start
from tests.api_client import Json, send
from tests.processes import kill_at_end
from tests.waiting import TIMEOUT_SECONDS
from tests.warm_system import make_system

TYPE = """
name = "letter"
description = "A letter."
[[fields]]
name = "sender"
description = "Who it is from."
labels = ["Bill to"]
"""


def run(program: str, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a program that ends by itself."""
    own = ["tests.warm_program", "local.serve"] if program == "serve" else [f"local.{program}"]
    command, env = [sys.executable, "-m", *own, *words], {**os.environ, **environ}
    return warm_start.run(command, cwd=ROOT, env=env, capture_output=True, timeout=TIMEOUT_SECONDS)


@contextmanager
def run_serve(state: Path, *words: str, cold: bool = False, **environ: str) -> Iterator[psutil.Process]:
    """Run serve in the block; its parts are its children, which show their command lines if they start cold."""
    program = ["local.serve"] if cold else ["tests.warm_program", "local.serve"]
    command = [sys.executable, "-m", *program, "--state", str(state), "--port", str(free_port(successors=1)), *words]
    started = warm_start.start(command, cwd=ROOT, env={**os.environ, **environ}, stdout=subprocess.PIPE, text=True)
    with kill_at_end(started) as serve:
        assert serve.stdout
        assert serve.stdout.readline().startswith("Up: ")
        yield psutil.Process(serve.pid)


def read_address(state: Path, name: str) -> str:
    """Read an address of the running system."""
    addresses: dict[str, str] = json.loads((state / "address.json").read_text())
    return addresses[name]


def process(state: Path, url: str, kind: str = "invoice") -> Json:
    """Process a document and return the extracted data."""
    api, job = read_address(state, "api"), PurePosixPath(url).stem
    status, answer = send(
        f"{api}/process-document", {"jobId": job, "documentUrl": url, "requesterId": "a-test", "type": kind}
    )
    assert status == 202, answer
    last = Client(api).wait(job)
    assert isinstance(last, Done), last
    found: Json = last.result["extractedData"]
    return found


def find_part(serve: psutil.Process, name: str) -> psutil.Process:
    """Return the process of a part."""
    [found] = [child for child in serve.children() if name in child.cmdline()]
    return found


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
    command = [sys.executable, "-m", "local.serve", "--state", str(tmp_path), "--port", str(free_port(successors=1))]
    pipe = subprocess.PIPE
    with kill_at_end(warm_start.start(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True)) as serve:
        assert serve.stdout
        assert serve.stderr
        assert serve.stdout.readline(), serve.stderr.read()
        parts = psutil.Process(serve.pid).children(recursive=True)
        find_part(psutil.Process(serve.pid), "local.gateway").kill()
        assert serve.wait(TIMEOUT_SECONDS) == 1
        assert serve.stderr.read().startswith("serve: the gateway was killed by SIGKILL. ")
    assert psutil.wait_procs(parts, timeout=TIMEOUT_SECONDS)[1] == []


def test_a_killed_serve_leaves_no_part_running(tmp_path: Path) -> None:
    with run_serve(tmp_path, cold=True) as serve:
        parts = serve.children(recursive=True)
        words = {Path(word).name for one in parts for word in one.cmdline()}
        assert {"worker", "local.gateway"} < words
        assert words & {"durable.embedded", "resonate"}  # the embedded server or the real one
        serve.send_signal(signal.SIGKILL)
        assert psutil.wait_procs(parts, timeout=TIMEOUT_SECONDS)[1] == []


def test_only_the_choices_of_the_user_reach_the_worker(tmp_path: Path) -> None:
    mine = {
        "WORKER_PAGE_SLOTS": "1",
        "WORKER_CONCURRENCY": "3",
        "AWS_PROFILE": "mine",
        "AWS_ENDPOINT_URL_TEXTRACT": "http://127.0.0.1:9",
        "LLM_API_KEY": "key-of-a-test",
    }
    others = {"WORKER_GROUP": "elsewhere", "STORE_URL": "s3://elsewhere", "NOTIFY_URL": "x", "AWS_SOMETHING": "x"}
    environ = {**os.environ, **mine, **others}
    with System(tmp_path, environ, choices=find_choices(environ)) as system:
        worker, gateway = system.worker.environ, psutil.Process(system.gateway.process.pid).environ()
    assert mine.items() <= worker.items()
    assert worker["STORE_URL"] == (tmp_path / "store").as_uri()
    assert worker.keys().isdisjoint({"WORKER_GROUP", "AWS_SOMETHING"})
    assert gateway["STORE_URL"] == worker["STORE_URL"]
    assert gateway.keys().isdisjoint({*mine, *others} - {"STORE_URL", "NOTIFY_URL"})


def test_hosts_of_the_user_are_allowed_in_addition_to_those_of_serve(tmp_path: Path) -> None:
    """Without those of serve, its own documents could not be downloaded."""
    with (
        site.serve_documents({"mine.pdf": samples.make_invoice()}) as place,
        run_serve(tmp_path, ALLOWED_HOSTS=place.host),
    ):
        theirs = process(tmp_path, f"{read_address(tmp_path, 'documents')}/invoice.pdf")
        assert theirs == process(tmp_path, place.url("mine.pdf"))


@pytest.mark.parametrize("by", ["option", "variable"])
def test_the_api_and_the_worker_know_the_types_of_the_user(tmp_path: Path, by: str) -> None:
    folder = tmp_path / "types"
    folder.mkdir()
    (folder / "letter.toml").write_text(TYPE)
    words = ("--types", str(folder)) if by == "option" else ()
    state = tmp_path / "state"
    with run_serve(state, *words, DOCUMENT_TYPES="" if by == "option" else str(folder)):
        document = f"{read_address(state, 'documents')}/invoice.pdf"
        found = process(state, document, "letter")
        job = {"jobId": "a-memo", "documentUrl": document, "requesterId": "a-test", "type": "memo"}
        status, refused = send(f"{read_address(state, 'api')}/process-document", job)
    assert "Morrow Hydraulics AG" in str(found["sender"])
    assert status == 400
    assert "type must be one of invoice, contract, report, receipt, letter" in str(refused)


@pytest.mark.parametrize(("content", "says"), [(None, "is not a folder"), ("name =", "cannot be read")])
def test_invalid_types_are_reported_before_anything_starts(tmp_path: Path, content: str | None, says: str) -> None:
    folder = tmp_path / "types"
    if content:
        folder.mkdir()
        (folder / "letter.toml").write_text(content)
    done = run("serve", "--state", str(tmp_path / "state"), "--types", str(folder))
    assert done.returncode == 2
    assert done.stderr.startswith("serve: ")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_next_start_deletes_the_documents_of_a_killed_worker(tmp_path: Path) -> None:
    left = [tmp_path / "tmp" / "tmp123" / "document", tmp_path / "store" / "incoming" / "0123abc"]
    for file in left:
        file.parent.mkdir(parents=True)
        file.write_bytes(b"x" * 1_000)
    with make_system(tmp_path, os.environ) as system:
        assert system.worker.environ["TMPDIR"] == str(tmp_path / "tmp")
        assert not [file for file in left if file.exists()]
