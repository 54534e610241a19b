"""The harness for tests with worker processes: a server, workers that can be killed, and a client for jobs."""

import json
import os
import signal
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from durable.wire.answers import EmptyAnswer, TaskPage
from durable.wire.client import Client
from durable.wire.errors import Unavailable
from durable.wire.records import Promise, Value
from durable.wire.requests import PromiseCreate, PromiseSearch, PromiseSettle, TaskRelease, TaskSearch
from local.server_process import ROOT, EmbeddedProgram, ServerProcess, ServerProgram
from tests import warm_start
from tests.calls import HOUR, start_request
from tests.evidence import FOLDER, Evidence
from tests.waiting import TIMEOUT_SECONDS, wait_until

GROUP = "workers"
# For tests whose subject does not depend on the server: one server is enough, and tests must be quick.
EMBEDDED_SERVER = pytest.mark.parametrize("server_program", [EmbeddedProgram()], ids=["embedded"], indirect=True)


@dataclass(frozen=True)
class StartedWorker:
    """A worker process."""

    process: subprocess.Popen[bytes]
    log: Path
    gauges_file: Path

    @property
    def pid(self) -> int:
        """The process's id."""
        return self.process.pid

    @property
    def gauges(self) -> Mapping[str, Any]:
        """The gauges that it wrote last."""
        gauges: Mapping[str, Any] = json.loads(self.gauges_file.read_text()) if self.gauges_file.exists() else {}
        return gauges

    @property
    def log_lines(self) -> list[Mapping[str, Any]]:
        """The JSON lines of its log."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    @property
    def log_tail(self) -> str:
        """The end of its log."""
        return self.log.read_text()[-3000:]

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the process."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """Kill it, even when it is stopped."""
        self.process.kill()
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()

    def wait_for_exit(self) -> int:
        """Return its exit code."""
        return self.process.wait(TIMEOUT_SECONDS)

    def wait_for(self, gauge: str, least: int = 1) -> None:
        """Return once a gauge has a value."""
        wait_until(
            lambda: self.gauges.get(gauge, 0) >= least, lambda: f"no {gauge} {least}: {self.gauges} {self.log_tail}"
        )

    def wait_for_growth(self, gauge: str, least: int) -> None:
        """Return once a gauge has grown to a value, however slowly: only a standstill fails."""
        reached = self.gauges.get(gauge, 0)
        while reached < least:
            self.wait_for(gauge, reached + 1)
            reached = self.gauges[gauge]

    def wait_until_not_ready(self) -> None:
        """Return once it takes no more work."""
        wait_until(lambda: self.gauges["ready"] is False, lambda: f"it is still ready: {self.log_tail}")


def end_leases(client: Client, worker: StartedWorker) -> None:
    """End the leases of a dead worker now, as the server does by its clock (`tests/conformance/test_leases.py`).

    So a test needs no short lease, which a living worker could lose on a slow machine, and waits for none.
    """
    page = client.ask(TaskSearch(state="acquired", limit=1_000), TaskPage)
    for task in page.tasks:
        if f"-{worker.pid}-" in (task.pid or ""):
            client.ask(TaskRelease(id=task.id, version=task.version), EmptyAnswer)


@dataclass
class WorkerLab:
    """A server, a folder, and the workers that one test has started; it creates jobs and waits for their ends."""

    server_program: ServerProgram
    server: ServerProcess
    folder: Path
    workers: list[StartedWorker] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.evidence = Evidence(self.folder)
        self.client = Client(self.server.url)

    def start(self, *, known: str = "old", **settings: object) -> StartedWorker:
        """Start a worker, and return it once its stream is open. It has no start-up probe unless a test sets one."""
        worker = self.launch("worker", known=known, **settings)
        worker.wait_for("streams")
        return worker

    def launch(self, program: str, *, known: str = "old", **settings: object) -> StartedWorker:
        """Start a process: `worker`, or `sdk_worker`, which uses the SDK's own facade."""
        name = f"worker-{len(self.workers)}"
        log, file = self.folder / f"{name}.log", self.folder / f"{name}.json"
        all_settings = {"url": self.server.url, "group": GROUP, "lease": 60.0, "probe_timeout": 0, **settings}
        arguments = json.dumps({"settings": all_settings, "known": known, "gauges": str(file)})
        environment = {**os.environ, FOLDER: str(self.folder)}
        with log.open("wb") as out:
            process = warm_start.start(
                [sys.executable, "-m", f"tests.durable.{program}", arguments],
                cwd=ROOT, stdin=subprocess.PIPE, stdout=out, stderr=out, env=environment,
            )  # fmt: skip
        self.workers.append(StartedWorker(process, log, file))
        return self.workers[-1]

    def create(
        self,
        job: str,
        workflow: str,
        *args: object,
        version: int = 1,
        param: object = None,
        lifetime: int = HOUR,
    ) -> str:
        """Create a job, and return its id."""
        target = f"poll://any@{GROUP}"
        request = start_request(job, workflow, *args, target=target, version=version, lifetime=lifetime)
        if param is not None:
            request = structs.replace(request, param=Value.encode(param))
        wait_until(partial(self._is_created, request), lambda: f"{job} cannot be created")
        return job

    def _is_created(self, request: PromiseCreate) -> bool:
        """Send the request; as any client does, send it again if the server does not answer in time."""
        try:
            self.client.create(request)
        except Unavailable:
            return False
        return True

    def settle(self, job: str, state: Any, value: object = None) -> None:  # noqa: ANN401 one of the wire's words
        """Settle a promise from outside."""
        data = None if value is None else b64encode(json.dumps(value).encode()).decode()
        self.client.settle(PromiseSettle(id=job, state=state, value=Value(data=data)))

    def wait(self, job: str) -> Promise:
        """Return a promise once it is settled."""

        def find_settled() -> Promise | None:
            promise = self.client.get(job)
            return None if promise.state == "pending" else promise

        return wait_until(find_settled, lambda: f"{job} is pending; {[worker.log_tail for worker in self.workers]}")

    def result(self, job: str) -> Any:  # noqa: ANN401 whatever the workflow returned
        """Return what a job returned."""
        promise = self.wait(job)
        assert promise.state == "resolved", value_of(promise)
        return value_of(promise)

    def error(self, job: str) -> Mapping[str, Any]:
        """Return the error that a job failed with."""
        promise = self.wait(job)
        assert promise.state == "rejected", promise
        assert set(value_of(promise)) == {"__type", "message"}
        error: Mapping[str, Any] = json.loads(value_of(promise)["message"])
        return error

    def children(self, job: str) -> list[str]:
        """Return the ids of the promises that a job made."""
        found = self.client.search_all(PromiseSearch(tags={"resonate:origin": job}))
        return [promise.id for promise in found if promise.id != job]

    def step_events(self) -> list[Mapping[str, Any]]:
        """Return the step events that the workers wrote."""
        return [json.loads(line) for line in (self.folder / "step_events.jsonl").read_text().splitlines()]

    def close(self) -> None:
        """Kill every worker, and print their logs: pytest shows them if the test failed."""
        for worker in self.workers:
            worker.kill()
            print(worker.log.name, worker.log_tail, sep="\n")  # noqa: T201 pytest keeps it for a failure
        self.client.close()


def value_of(promise: Promise) -> Any:  # noqa: ANN401 whatever was put in
    """Return what a promise was settled with."""
    return json.loads(b64decode(promise.value.data)) if promise.value.data else None
