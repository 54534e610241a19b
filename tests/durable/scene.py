"""Where a test plays: a server, worker processes, and somebody who creates jobs and looks how they end."""

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

from local.server_process import ROOT, EmbeddedProgram, ServerProcess, ServerProgram
from tests.calls import HOUR, start_request
from tests.evidence import FOLDER, Evidence
from tests.waiting import TIMEOUT_SECONDS, wait_until
from wire.client import Client
from wire.errors import Unavailable
from wire.records import Promise, Value
from wire.requests import PromiseCreate, PromiseSearch, PromiseSettle

GROUP = "crew"
# For what does not depend on the server: one is enough, and tests have to be quick.
EMBEDDED = pytest.mark.parametrize("server_program", [EmbeddedProgram()], ids=["embedded"], indirect=True)


@dataclass(frozen=True)
class Crewman:
    """A worker process."""

    process: subprocess.Popen[bytes]
    log: Path
    file: Path

    @property
    def pid(self) -> int:
        """The process's id."""
        return self.process.pid

    @property
    def gauges(self) -> Mapping[str, Any]:
        """What it told last."""
        told: Mapping[str, Any] = json.loads(self.file.read_text()) if self.file.exists() else {}
        return told

    @property
    def lines(self) -> list[Mapping[str, Any]]:
        """What it logged."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def send(self, one: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(one)

    def end(self) -> None:
        """End it as a crash would, also when it is stopped."""
        self.process.kill()
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()

    def wait(self) -> int:
        """Return its exit code."""
        return self.process.wait(TIMEOUT_SECONDS)

    def wait_for(self, gauge: str, least: int = 1) -> None:
        """Return once a gauge is so high."""
        wait_until(lambda: self.gauges.get(gauge, 0) >= least, lambda: f"no {gauge} {least}: {self.gauges} {self.said}")

    def wait_until_not_ready(self) -> None:
        """Return once it takes no more work."""
        wait_until(lambda: self.gauges["ready"] is False, lambda: f"it is still ready: {self.said}")

    @property
    def said(self) -> str:
        """The end of its log."""
        return self.log.read_text()[-3000:]


@dataclass
class Scene:
    """A server, the folder of one test, and the workers started so far."""

    server_program: ServerProgram
    server: ServerProcess
    folder: Path
    crew: list[Crewman] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.evidence = Evidence(self.folder)
        self.client = Client(self.server.url)

    def start(self, *, known: str = "old", **settings: object) -> Crewman:
        """Start a worker and return it when it hears the server. It has no start-up probe unless a test wants it."""
        man = self.launch("worker", known=known, **settings)
        man.wait_for("streams")
        return man

    def launch(self, program: str, *, known: str = "old", **settings: object) -> Crewman:
        """Start a process: a worker, or a plain one of the SDK's own."""
        name = f"worker-{len(self.crew)}"
        log, file = self.folder / f"{name}.log", self.folder / f"{name}.json"
        given = {"url": self.server.url, "group": GROUP, "lease": 4.0, "probe_timeout": 0, **settings}
        words = json.dumps({"settings": given, "known": known, "gauges": str(file)})
        environment = {**os.environ, FOLDER: str(self.folder)}
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", f"tests.durable.{program}", words],
                cwd=ROOT, stdin=subprocess.PIPE, stdout=out, stderr=out, env=environment,
            )  # fmt: skip
        self.crew.append(Crewman(process, log, file))
        return self.crew[-1]

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
        """As any client does it: an server that does not answer in time is asked for the same again."""
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

        def settled() -> Promise | None:
            promise = self.client.get(job)
            return None if promise.state == "pending" else promise

        return wait_until(settled, lambda: f"{job} is pending; {[man.said for man in self.crew]}")

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

    def journal(self) -> list[Mapping[str, Any]]:
        """Return the entries that the workers wrote."""
        return [json.loads(line) for line in (self.folder / "journal.jsonl").read_text().splitlines()]

    def end(self) -> None:
        """End every worker, and print their logs: pytest shows them when the test failed."""
        for man in self.crew:
            man.end()
            print(man.log.name, man.said, sep="\n")  # noqa: T201 pytest keeps it for a failure
        self.client.close()


def value_of(promise: Promise) -> Any:  # noqa: ANN401 whatever was put in
    """Return what a promise was settled with."""
    return json.loads(b64decode(promise.value.data)) if promise.value.data else None
