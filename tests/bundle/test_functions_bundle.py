"""The function worker's bundle in Lambda's own runtime, called by a bridge, as a client's invocation is run on AWS."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from contract.functions import FACTORIAL
from contract.names import FUNCTIONS, FUNCTIONS_ADDRESS, invocation_id
from local.emulator import Declaration, Emulator
from local.server_process import ServerProcess, ServerProgram
from tests.calls import start_request
from tests.conftest import StartServer
from tests.durable.worker_lab import EMBEDDED_SERVER
from tests.evidence import FOLDER
from tests.functions.conftest import OPTIONS
from tests.functions.fake_lambda import Reply
from tests.functions.function_lab import FunctionLab

from .declared_function import DeclaredFunction
from .functions_bundle import functions_bundle
from .test_bundle import contents

# A step that blocks the whole process the first time, as native code does: Lambda ends it.
BLOCKING = """
import os, time
from pathlib import Path
from durable import step, workflow

@step(timeout=1)
async def block(file: str) -> str:
    with Path(file).open("a") as lines:
        lines.write("begun\\n")
    if Path(file).read_text().count("begun") == 1:
        time.sleep(600)
    return "done"

@workflow(name="blocking_once")
async def block_once(ctx, file: str) -> str:
    return await ctx.run(block, file)

WORKFLOWS = [block_once]
"""


@pytest.fixture(scope="session")
def function_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the bundle for this machine."""
    folder = tmp_path_factory.mktemp("functions")
    functions_bundle().fill(folder)
    return folder


@pytest.fixture
def server(server_program: ServerProgram, start_server: StartServer) -> ServerProcess:
    """A server that announces a task again soon."""
    return start_server(server_program, options=OPTIONS)


@pytest.fixture(scope="session")
def declared_worker(run_folder: Path) -> DeclaredFunction:
    """Return the function worker of the synthesized template."""
    return DeclaredFunction.synthesize(run_folder, "Functions/Function/")


@pytest.fixture
def lab(
    server_program: ServerProgram, server: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FunctionLab]:
    """A server and a fake Lambda."""
    monkeypatch.setenv(FOLDER, str(tmp_path))
    lab = FunctionLab(server_program, server, tmp_path)
    yield lab
    lab.close()


@contextmanager
def running(lab: FunctionLab, function: Declaration) -> Iterator[None]:
    """Have the function in an emulator answer the calls of a bridge inside the block, one at a time."""
    with Emulator(function, lab.folder) as emulator:
        lab.fake.invoke = partial(invoke, emulator)
        with lab.bridge(group=FUNCTIONS, concurrency=1):
            yield


def invoke(emulator: Emulator, event: Mapping[str, Any]) -> Reply:
    """Call the function; an emulator tells a failed one by its answer, and Lambda by a header."""
    request = Request(emulator.url, json.dumps(event).encode())  # noqa: S310 - our own process
    with urlopen(request, timeout=emulator.function.timeout + 60) as response:  # noqa: S310 - as above
        text = response.read().decode()
    try:
        body = json.loads(text)
    except ValueError:
        body = {"errorMessage": text}
    is_failure = "errorMessage" in body
    return Reply(headers={"X-Amz-Function-Error": "Unhandled"} if is_failure else {}, body=body)


def test_the_deployed_function_runs_a_recursion_through_suspensions(
    lab: FunctionLab, function_folder: Path, declared_worker: DeclaredFunction
) -> None:
    """Each multiplication is called twice, but for the last: to call the next one, and with its result."""
    job = invocation_id("a-1")
    function = declared_worker.with_bundle(function_folder, {"RESONATE_URL": lab.server.url}, timeout=None)
    lab.client.create(start_request(job, FACTORIAL.name, 5, target=FUNCTIONS_ADDRESS, version=FACTORIAL.version))
    with running(lab, function):
        assert lab.result(job) == 120
    assert len(lab.fake.events) == 2 * 5 - 1


@EMBEDDED_SERVER
def test_a_step_that_lambda_ended_by_its_time_limit_begins_once_more(
    lab: FunctionLab, function_folder: Path, declared_worker: DeclaredFunction, tmp_path: Path
) -> None:
    folder, evidence = tmp_path / "bundle", tmp_path / "begun.txt"
    shutil.copytree(function_folder, folder)
    (folder / "blocking.py").write_text(BLOCKING)
    function = declared_worker.with_bundle(folder, {"RESONATE_URL": lab.server.url}, timeout=8)
    environment = {**function.environment, "FUNCTION_MODULES": "blocking"}
    lab.client.create(start_request("a", "blocking_once", str(evidence), target=FUNCTIONS_ADDRESS))
    with running(lab, replace(function, environment=environment)):
        assert lab.result("a") == "done"
    assert evidence.read_text().count("begun") == 2
    assert "Task timed out after 8.00 seconds" in lab.notes_of("a")[0]


def test_the_tested_bundle_is_the_deployed_one(function_folder: Path, declared_worker: DeclaredFunction) -> None:
    tested, deployed = contents(function_folder), contents(declared_worker.asset)
    assert {name: tested[name] for name in tested if name.endswith((".py", ".pyc"))} == {
        name: deployed[name] for name in deployed if name.endswith((".py", ".pyc"))
    }


def test_the_bundle_holds_what_the_function_imports_and_no_http_library(function_folder: Path) -> None:
    names = {name for name in (path.name for path in function_folder.iterdir()) if not name.endswith(".dist-info")}
    assert {"contract", "durable", "lambdas", "resonate", "pydantic", "msgspec"} <= names
    assert not {"aiohttp", "yarl", "boto3", "aws_lambda_powertools"} & names
    assert {path.name for path in (function_folder / "lambdas").glob("[!_]*")} == {"functions"}
