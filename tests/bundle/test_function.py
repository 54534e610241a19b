"""The bundle in Lambda's own runtime, behind API Gateway, as a client sees it."""

import json
import os
import signal
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from contract.answers import Done
from durable.wire.limits import Limits
from lambdas.trigger.object_store import TIMEOUT
from local import samples, site
from local.server_process import EmbeddedProgram, RealProgram, ServerProgram
from longhand_client import Client
from tests.api_client import send
from tests.conftest import StartServer
from tests.waiting import wait_until
from tests.warm_system import make_system

from .conftest import StartFunction
from .declared_function import THIS_MACHINE, DeclaredFunction
from .test_bundle import contents

JOB = {"jobId": "job-1", "documentUrl": "https://example.com/a.pdf", "requesterId": "me", "type": "invoice"}

API_GATEWAY_TIMEOUT = 30  # seconds


def environment_with(server_program: ServerProgram) -> Mapping[str, str]:
    """An environment that chooses this server."""
    chosen = {"RESONATE_BIN": str(server_program.binary)} if isinstance(server_program, RealProgram) else {"PATH": ""}
    return {**os.environ, "RESONATE_BIN": "", **chosen}


def headers_of(url: str) -> tuple[int, Mapping[str, str]]:
    """Return the status and the headers of an error response."""
    with pytest.raises(HTTPError) as caught, urlopen(Request(url)):  # noqa: S310 - our own gateway
        pass
    with caught.value as error:
        return error.code, dict(error.headers)


def test_a_document_is_processed_through_the_deployed_function(
    server_program: ServerProgram, start_function: StartFunction, tmp_path: Path
) -> None:
    """POST, 202, a real worker, done: with the function as it is deployed."""
    with (
        site.serve_documents({"invoice.pdf": samples.make_invoice()}) as website,
        make_system(tmp_path / "system", environment_with(server_program), allowed_hosts=website.host) as system,
    ):
        running = start_function({"RESONATE_URL": system.server.url, "STORE_URL": system.store.as_uri()})
        status, accepted = send(f"{running.url}/process-document", JOB | {"documentUrl": website.url("invoice.pdf")})
        assert (status, accepted["status"], accepted["state"]) == (202, "accepted", "processing")
        last = Client(running.url).wait("job-1")
    assert isinstance(last, Done), last
    assert last.result["pageCount"] == 1
    assert "Traceback" not in running.log


def test_a_server_that_is_down_is_503_with_retry_after(
    start_function: StartFunction, start_server: StartServer
) -> None:
    server = start_server(EmbeddedProgram())
    running = start_function({"RESONATE_URL": server.url, "STORE_URL": "file:///tmp"})
    assert send(f"{running.url}/process-document", JOB)[0] == 202
    server.kill()
    status, headers = headers_of(f"{running.url}/status/job-1")
    assert (status, headers["Retry-After"]) == (503, "2")
    assert send(f"{running.url}/process-document", JOB)[0] == 503


@pytest.mark.parametrize("missing", ["RESONATE_URL", "STORE_URL"])
def test_a_missing_variable_is_logged_as_one_sentence(start_function: StartFunction, missing: str) -> None:
    """The container keeps running, so Lambda does not start a new one for each request."""
    running = start_function({"RESONATE_URL": "http://127.0.0.1:9", "STORE_URL": "file:///tmp", missing: ""})
    answers = [send(f"{running.url}/status/job-1") for _ in range(2)]
    assert [(status, body["error"], body["code"]) for status, body in answers] == [
        (500, "internal error", "internal")
    ] * 2
    lines = [json.loads(line) for line in running.log.splitlines() if line.startswith("{")]
    assert [line["reason"].startswith(f"{missing} is not set: it must be ") for line in lines] == [True, True]
    assert [line["cold_start"] for line in lines] == [True, False]
    assert "Traceback" not in running.log


def test_lambda_stops_a_request_at_the_declared_timeout_and_answers_the_next(
    start_function: StartFunction, start_server: StartServer
) -> None:
    server = start_server(EmbeddedProgram())
    running = start_function({"RESONATE_URL": server.url, "STORE_URL": "file:///tmp"}, timeout=3)
    ask = partial(send, f"{running.url}/status/job-1")
    wait_until(lambda: ask()[0] == 404, lambda: running.log)  # a loaded machine may need more than one start
    [before] = running.emulator.processes
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        assert ask() == (500, {"message": "Internal Server Error"})
    finally:
        os.kill(server.process.pid, signal.SIGCONT)
    assert "Task timed out after 3.00 seconds" in running.log
    wait_until(lambda: ask()[0] == 404, lambda: running.log)
    assert before not in running.emulator.processes


def test_the_declared_timeout_exceeds_the_clients_own_timeouts(declared: DeclaredFunction) -> None:
    """The server's whole timeout, and then a list and a get of the progress with a retry each."""
    progress = 2 * 2 * TIMEOUT.total_seconds()
    assert Limits().total_timeout + progress < declared.timeout < API_GATEWAY_TIMEOUT


def test_the_tested_bundle_is_the_deployed_one_except_for_the_architecture(
    folder: Path, declared: DeclaredFunction
) -> None:
    tested, deployed = contents(folder), contents(declared.asset)
    code = {name: file for name, file in tested.items() if name.endswith((".py", ".pyc"))}
    assert code == {name: file for name, file in deployed.items() if name.endswith((".py", ".pyc"))}
    assert {name.replace(declared.machine, THIS_MACHINE) for name in deployed} == set(tested)


def test_concurrent_requests_to_one_container_are_answered_in_turn(
    start_function: StartFunction, start_server: StartServer
) -> None:
    """Lambda would start more containers. Here is one, which two concurrent calls would break."""
    running = start_function({"RESONATE_URL": start_server(EmbeddedProgram()).url, "STORE_URL": "file:///tmp"})
    jobs = [JOB | {"jobId": f"job-{n}"} for n in range(16)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda job: send(f"{running.url}/process-document", job), jobs))
    assert [(status, body["jobId"]) for status, body in answers] == [(202, job["jobId"]) for job in jobs]


# Lambda sets these in every function's environment.
LAMBDA_PREFIXES = ("AWS_", "LAMBDA_", "_HANDLER", "LANG", "PATH", "PYTHONPATH", "TZ")


def test_the_function_needs_only_its_bundle_and_declared_environment(
    folder: Path, declared: DeclaredFunction, start_function: StartFunction, start_server: StartServer, tmp_path: Path
) -> None:
    """It loads no library of this project's environment, writes no file, and fits into the declared memory."""
    files = set(folder.rglob("*"))
    store = tmp_path / "store"
    running = start_function({"RESONATE_URL": start_server(EmbeddedProgram()).url, "STORE_URL": store.as_uri()})
    send(f"{running.url}/process-document", JOB)
    assert send(f"{running.url}/status/job-1")[1]["status"] == "processing"  # now obstore is loaded
    [process] = running.emulator.processes
    environ = process.environ()
    assert {name for name in environ if not name.startswith(LAMBDA_PREFIXES)} == declared.variables
    libraries = {Path(part.path) for part in process.memory_maps() if part.path.endswith(".so")}
    assert any(library.is_relative_to(folder) for library in libraries)
    assert {library for library in libraries if "site-packages" in library.parts} == set()
    assert process.memory_info().rss < declared.memory * 2**20
    assert set(folder.rglob("*")) == files


def test_lambda_replaces_a_container_that_dies(start_function: StartFunction, start_server: StartServer) -> None:
    running = start_function({"RESONATE_URL": start_server(EmbeddedProgram()).url, "STORE_URL": "file:///tmp"})
    ask = partial(send, f"{running.url}/status/job-1")
    assert ask()[0] == 404
    [before] = running.emulator.processes
    before.kill()
    assert {ask()[0] for _ in range(5)} <= {404, 500}
    wait_until(lambda: ask()[0] == 404, lambda: running.log)
    assert before not in running.emulator.processes
