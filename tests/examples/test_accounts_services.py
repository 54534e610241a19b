"""The three services of the accounts as processes, over HTTP; `make test` runs the main path on both servers."""

import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from local.events import FUNCTION_ARN
from local.logged_process import LoggedProcess
from local.server_process import HOST, ROOT, EmbeddedProgram, ServerProcess, free_port, has_status
from tests import warm_start
from tests.conftest import BOTH_SERVERS
from tests.waiting import wait_until

type Json = dict[str, Any]
EMBEDDED_SERVER = pytest.mark.parametrize("server_program", [EmbeddedProgram()], ids=["embedded"], indirect=True)


@dataclass(frozen=True)
class Services:
    """The services of one test."""

    server: ServerProcess
    folder: Path
    port: int

    @property
    def database(self) -> Path:
        """Its file."""
        return self.folder / "accounts.db"

    def command(self, *service: str) -> list[str]:
        """Return the command that runs a service, or all."""
        options = ["--port", str(self.port), "--database", str(self.database)]
        return [sys.executable, "-m", "examples.accounts", self.server.url, *service, *options]

    def start(self, *service: str) -> LoggedProcess:
        """Start a service, or all."""
        name = "".join(service) or "all"
        log = self.folder / f"{name}.log"
        return LoggedProcess(name, self.command(*service), log, cwd=ROOT, start_process=warm_start.start)

    @contextmanager
    def running(self, *services: str) -> Iterator[None]:
        """Run services, the API among them."""
        started = [self.start(service) for service in services]
        try:
            started[services.index("api")].wait_until(self.is_answering)
            yield
        finally:
            for process in started:
                process.stop()

    def is_answering(self) -> bool:
        """Whether the API has begun."""
        return has_status(self.port, "/jobs/none", HTTPStatus.NOT_FOUND)

    def send(self, path: str, body: object = None, **headers: str) -> tuple[int, Json]:
        """POST the body, or GET if there is none."""
        data = None if body is None else json.dumps(body).encode()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(f"http://{HOST}:{self.port}{path}", data, sent)
        try:
            with urlopen(request, timeout=30) as response:  # noqa: S310 our own service
                return response.status, json.loads(response.read() or b"{}")
        except HTTPError as error:
            with error:
                return error.code, json.load(error)

    def wait_for_end(self, job: str) -> Json:
        """Return a job once it has ended."""
        return wait_until(lambda: _if_ended(self.send(f"/jobs/{job}?wait=5")[1]), f"{job} goes on")


def _if_ended(job: Json) -> Json | None:
    return None if job["status"] == "running" else job


@pytest.fixture
def services(server: ServerProcess, tmp_path: Path) -> Services:
    return Services(server, tmp_path, free_port())


@BOTH_SERVERS
def test_jobs_go_through_three_services(services: Services) -> None:
    with services.running("api", "workers", "db"):
        for _ in range(2):
            assert services.send("/jobs", {"account_id": "a1"}, Idempotency_Key="one") == (202, {"id": "one"})
        status, answer = services.send("/jobs", {"account_id": "a2"}, Idempotency_Key="one")
        assert (status, answer["error"]["code"]) == (409, "conflict")
        assert services.send("/jobs", {"account_id": "a2"}, Idempotency_Key="two")[0] == 202
        assert services.send("/jobs", {"account_id": "a9"}, Idempotency_Key="none")[0] == 202
        _, total = services.send("/totals", {"account_ids": ["a1", "a2"]})
        assert services.wait_for_end("one")["result"]["owner"] == "Ada"
        assert services.wait_for_end("none")["error"] == {"code": "no_account", "message": "there is no account a9"}
        assert services.wait_for_end(total["id"])["result"] == 12_200
        decision = {"job": "two", "approved": True}
        wait_until(lambda: services.send("/webhooks/approval", decision)[0] == 204, "two asks nothing")
        assert services.send("/webhooks/approval", decision)[0] == 204, "a webhook may come twice"
        assert services.send("/webhooks/approval", {**decision, "approved": False})[0] == 409
        assert services.send("/webhooks/approval", {"job": "one", "approved": True})[0] == 404
        assert services.wait_for_end("two")["status"] == "done"
    with closing(sqlite3.connect(services.database)) as database:
        jobs = database.execute("SELECT job FROM outcomes ORDER BY job").fetchall()
    assert jobs == [("job/one",), ("job/two",)]


def test_a_job_waits_for_a_database_that_is_away(services: Services) -> None:
    with services.running("api", "workers"):
        services.send("/jobs", {"account_id": "a1"}, Idempotency_Key="one")
        assert services.send("/jobs/one?wait=1") == (200, {"id": "one", "status": "running"})
        database = services.start("db")
        try:
            assert services.wait_for_end("one")["status"] == "done"
        finally:
            database.stop()


def test_the_database_may_be_a_function(services: Services) -> None:
    """Its handler is the shipped one, and neither the database's code nor its callers' knows of it."""
    port = free_port()
    variables = {
        "RESONATE_URL": services.server.url,
        "RESONATE_FUNCTION_URL": "poll://any@db",
        "FUNCTION_MODULES": "examples.accounts.database_function",
        "DATABASE": str(services.database),
    }
    function = [sys.executable, "-m", "local.invoke_api", "--port", str(port)]
    words = [services.server.url, f"http://{HOST}:{port}", "db", FUNCTION_ARN]
    bridge = [sys.executable, "-m", "tests.functions.bridge_program", *words]
    with (
        services.running("api", "workers"),
        LoggedProcess(
            "function",
            function,
            services.folder / "function.log",
            cwd=ROOT,
            environ=os.environ | variables,
            start_process=warm_start.start,
        ),
        LoggedProcess("bridge", bridge, services.folder / "bridge.log", cwd=ROOT, start_process=warm_start.start),
    ):
        services.send("/jobs", {"account_id": "a1"}, Idempotency_Key="one")
        services.send("/jobs", {"account_id": "a9"}, Idempotency_Key="none")
        assert services.wait_for_end("one")["result"]["owner"] == "Ada"
        assert services.wait_for_end("none")["error"]["code"] == "no_account"


@EMBEDDED_SERVER
def test_what_is_wrong_is_refused(services: Services) -> None:
    cases: list[tuple[str, object, str, int]] = [
        ("/jobs", {}, "a", 400),
        ("/jobs", {"account_id": "a1", "more": 1}, "a", 400),
        ("/jobs", {"account_id": "a1"}, "job:1", 400),
        ("/webhooks/approval", {"job": "one", "approved": "yes"}, "a", 400),
        ("/webhooks/approval", {"job": "one:1", "approved": True}, "a", 404),
        ("/jobs/one:1", None, "a", 404),
        ("/nothing", {}, "a", 404),
        ("/jobs", {"account_id": "a" * 70_000}, "a", 413),
    ]
    with services.running("api"):
        for path, body, key, status in cases:
            found, answer = services.send(path, body, Idempotency_Key=key)
            assert (found, set(answer["error"])) == (status, {"code", "message"}), path
        for size in ("-1", "many", "9" * 5_000):
            assert services.send("/jobs", Content_Length=size)[0] == 400


def test_one_command_runs_all_and_ends_all(services: Services) -> None:
    with services.start() as process:
        process.wait_until(services.is_answering)
        services.send("/jobs", {"account_id": "a1"}, Idempotency_Key="one")
        assert services.wait_for_end("one")["status"] == "done"
        assert process.stop() == 0
    assert "Traceback" not in process.log.read_text()
    assert not services.is_answering()
