"""The program on the page about the embedded server prints what the page shows, also after the server was killed."""

import os
import pickle
import re
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

from durable.wire.client import Client
from durable.wire.records import Value
from durable.wire.requests import PromiseSettle
from local.server_process import ROOT, EmbeddedProgram
from tests.calls import start_request
from tests.conftest import StartServer

from .pages import page


class PlantedError(Exception):
    """A pickle that creates a file when it is read."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.file),)


def blocks(language: str) -> list[str]:
    """Return the code blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", page("server"), re.MULTILINE | re.DOTALL)


def run_program(file: Path) -> subprocess.CompletedProcess[str]:
    """Run it as if it was saved in the root of the repository."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, file], capture_output=True, text=True, timeout=60, check=False, env=environ)


def test_the_first_workflow_prints_its_output_again_after_a_kill(start_server: StartServer, tmp_path: Path) -> None:
    [program] = blocks("python")
    first, again = blocks("text")
    server = start_server(EmbeddedProgram(), folder=tmp_path / "data")
    file = tmp_path / "first.py"
    file.write_text(program.replace("http://127.0.0.1:8001", server.url))

    def run() -> str:
        done = run_program(file)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run() == first
    assert run() == again
    server.kill()
    start_server(EmbeddedProgram(), folder=tmp_path / "data", port=server.port)
    assert run() == again


def test_the_first_workflow_runs_no_code_of_another_client(start_server: StartServer, tmp_path: Path) -> None:
    """Another client has rejected the workflow's promise, with a pickle in its error."""
    [program] = blocks("python")
    server = start_server(EmbeddedProgram())
    planted = tmp_path / "planted"
    error = {"message": "no", "__py_pickle": b64encode(pickle.dumps(PlantedError(planted))).decode()}
    with Client(server.url) as client:
        client.create(start_request("my-first", "quadruple", 10, target="poll://any@default"))
        client.settle(PromiseSettle(id="my-first", state="rejected", value=Value.encode(error)))
    file = tmp_path / "first.py"
    file.write_text(program.replace("http://127.0.0.1:8001", server.url))
    done = run_program(file)
    assert "ApplicationError: no" in done.stderr
    assert not planted.exists()
