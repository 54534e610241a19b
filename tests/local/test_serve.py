"""`make serve`: one system per folder, with the user's choices, and its error messages."""

import fcntl
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

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
def run_serve(state: Path, *words: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
    """Run serve in the block."""
    program = ["tests.warm_program", "local.serve", "--state", str(state), "--port", str(free_port(successors=1))]
    command, env, pipe = [sys.executable, "-m", *program, *words], {**os.environ, **environ}, subprocess.PIPE
    with kill_at_end(warm_start.start(command, cwd=ROOT, env=env, stdout=pipe, stderr=pipe, text=True)) as serve:
        assert serve.stdout
        assert serve.stderr
        assert serve.stdout.readline().startswith("Up: "), serve.stderr.read()
        yield serve


def list_parts(serve: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return the processes of the parts, and those that they have started."""
    parts = psutil.Process(serve.pid).children(recursive=True)
    assert len(parts) >= len(("server", "keeper", "functions", "worker", "gateway"))
    return parts


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


def test_only_the_choices_of_the_user_reach_the_worker(tmp_path: Path, types: Path) -> None:
    mine = {
        "WORKER_PAGE_SLOTS": "1",
        "WORKER_CONCURRENCY": "3",
        "AWS_PROFILE": "mine",
        "AWS_ENDPOINT_URL_TEXTRACT": "http://127.0.0.1:9",
        "LLM_API_KEY": "key-of-a-test",
        "DOCUMENT_TYPES": str(types),
    }
    others = {"WORKER_GROUP": "elsewhere", "STORE_URL": "s3://elsewhere", "NOTIFY_URL": "x", "AWS_SOMETHING": "x"}
    environ = {**os.environ, **mine, **others}
    with System(tmp_path, environ, choices=find_choices(environ), start_process=start_gateway_cold) as system:
        worker, gateway = system.worker.environ, psutil.Process(system.gateway.process.pid).environ()
    assert mine.items() <= worker.items()
    assert worker["STORE_URL"] == (tmp_path / "store").as_uri()
    assert worker["TMPDIR"] == str(tmp_path / "tmp")
    assert worker.keys().isdisjoint({"WORKER_GROUP", "AWS_SOMETHING"})
    assert gateway["STORE_URL"] == worker["STORE_URL"]
    assert "letter" in gateway["KNOWN_TYPES"].split(",")
    assert gateway.keys().isdisjoint({*mine, *others} - {"STORE_URL", "NOTIFY_URL"})


def start_gateway_cold(command: list[str], **options: Any) -> subprocess.Popen[Any]:  # noqa: ANN401 - of Popen
    """Start the gateway with an environment that the kernel knows, and the other parts warm."""
    return (subprocess.Popen if "local.gateway" in command else warm_start.start)(command, **options)


@dataclass(frozen=True)
class Served:
    """A running serve with choices of the user: a website, and a type. It has begun with files of a killed worker."""

    state: Path
    website: site.Site
    left: Sequence[Path]


@pytest.fixture(scope="module")
def types(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a type of the user."""
    folder = tmp_path_factory.mktemp("types")
    (folder / "letter.toml").write_text(TYPE)
    return folder


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, types: Path) -> Iterator[Served]:
    state = tmp_path_factory.mktemp("state")
    (state / MARK).touch()
    left = [state / "tmp" / "tmp123" / "document", state / "store" / "incoming" / "0123abc"]
    for file in left:
        file.parent.mkdir(parents=True)
        file.write_bytes(b"x" * 1_000)
    with (
        site.serve_documents(dict.fromkeys(("mine.pdf", "letter.pdf"), samples.make_invoice())) as website,
        run_serve(state, "--types", str(types), ALLOWED_HOSTS=website.host),
    ):
        yield Served(state, website, left)


def test_the_next_start_deletes_the_documents_of_a_killed_worker(served: Served) -> None:
    assert not [file for file in served.left if file.exists()]


def test_hosts_of_the_user_are_allowed_in_addition_to_those_of_serve(served: Served) -> None:
    """Without those of serve, its own documents could not be downloaded."""
    theirs = process(served.state, f"{read_address(served.state, 'documents')}/invoice.pdf")
    assert theirs == process(served.state, served.website.url("mine.pdf"))


def test_the_api_and_the_worker_know_the_types_of_the_user(served: Served) -> None:
    document = served.website.url("letter.pdf")
    assert "Morrow Hydraulics AG" in str(process(served.state, document, "letter")["sender"])
    job = {"jobId": "a-memo", "documentUrl": document, "requesterId": "a-test", "type": "memo"}
    status, refused = send(f"{read_address(served.state, 'api')}/process-document", job)
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
