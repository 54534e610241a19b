"""Two cells of the real thing on a laptop: the server of one is killed, and the other does not notice."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from urllib3 import BaseHTTPResponse, PoolManager

from contract.cells import CellLayout
from durable.wire.client import Client
from local import samples, site
from local.server_process import RealProgram, ServerProgram
from local.system import System
from tests import warm_start
from tests.waiting import wait_until

LAYOUT = CellLayout.make(2, anchors=["1", "2"])
HERE, THERE = (
    [name for name in (f"job-{n}" for n in range(40)) if LAYOUT.find_home(f"doc/{name}") == cell] for cell in "12"
)


class Lab:
    """The system, a client of it, and a document."""

    def __init__(self, system: System, document: str, pool: PoolManager) -> None:
        self.system = system
        self._document = document
        self._pool = pool

    def send(self, method: str, path: str, body: object = None) -> BaseHTTPResponse:
        return self._pool.request(method, f"{self.system.url}{path}", json=body, retries=False)

    def job(self, name: str) -> Mapping[str, str]:
        return {"jobId": name, "type": "invoice", "documentUrl": self._document}

    def submit(self, name: str) -> BaseHTTPResponse:
        return self.send("POST", "/jobs", {**self.job(name), "requesterId": "me"})

    def list_notices(self) -> list[str]:
        """Return the ids of the jobs of all notices."""
        return sorted(json.loads(file.read_text())["jobId"] for file in self.system.outbox.glob("*.json"))

    def wait_for(self, path: str) -> None:
        """Wait until it is done; if it is not, the failure shows the last answer and which processes have ended."""
        answers: list[str] = []

        def is_done() -> bool:
            reply = self.send("GET", path)
            answers.append(f"{reply.status} {reply.data.decode()}")
            return reply.status == 200 and bool(reply.json()["status"] == "done")

        wait_until(is_done, lambda: f"{path} is not done: {answers[-1]}; ended: {self.system.describe_failure()}")


@pytest.fixture
def lab(server_program: ServerProgram, tmp_path: Path) -> Iterator[Lab]:
    """Two cells of either server."""
    chosen = {"RESONATE_BIN": str(server_program.binary)} if isinstance(server_program, RealProgram) else {"PATH": ""}
    with ExitStack() as stack:
        served = stack.enter_context(site.serve_documents(samples.DOCUMENTS))
        environ = {**os.environ, "RESONATE_BIN": "", **chosen}
        system = stack.enter_context(
            System(
                tmp_path / "system", environ, allowed_hosts=served.host, layout=LAYOUT, start_process=warm_start.start
            )
        )
        yield Lab(system, served.url("invoice.pdf"), stack.enter_context(PoolManager()))


def test_a_killed_server_stops_the_jobs_of_its_cell_only(lab: Lab) -> None:
    """Its jobs are 503 with Retry-After meanwhile. When it is back, those that were sent before are done."""
    one, two = lab.system.cells
    _invoke_in_both(lab)
    two.worker.stop()
    assert lab.submit(THERE[0]).status == 202
    two.server.kill()
    assert lab.submit(HERE[0]).status == 202
    lab.wait_for(f"/status/{HERE[0]}")
    for reply in (lab.submit(THERE[1]), lab.send("GET", f"/status/{THERE[0]}")):
        assert (reply.status, reply.headers["Retry-After"]) == (503, "2")
    batch = {"batchId": _name_batch("1"), "requesterId": "me", "items": [lab.job(HERE[2]), lab.job(THERE[2])]}
    assert lab.send("POST", "/batches", batch).status == 202, "its own cell runs"
    lab.wait_for(f"/status/{HERE[2]}")
    two.start_server(port=two.server.port)
    lab.system.restart_worker(two)
    for name in (THERE[0], THERE[2]):
        lab.wait_for(f"/status/{name}")
    assert lab.send("GET", f"/batches/{batch['batchId']}").json()["counts"] == {"done": 2}
    listed: dict[str, Any] = lab.send("GET", "/jobs").json()
    assert {job["id"] for job in listed["jobs"]} == {HERE[0], HERE[2], THERE[0], THERE[2]}
    for cell, names in ((one, HERE), (two, THERE)):
        with Client(cell.server.url) as client:
            assert client.get(f"doc/{names[2]}").tags["longhand:batch"] == batch["batchId"]
    names = sorted([HERE[0], HERE[2], THERE[0], THERE[2]])  # a notice is sent after the end of its job
    wait_until(lambda: lab.list_notices() == names, lambda: f"notices were sent for {lab.list_notices()}, not {names}")


def _invoke_in_both(lab: Lab) -> None:
    """Each cell has a function of its own. One call after the other needs one process of it."""
    homes = []
    for n in "23":
        call = lab.send("POST", "/invocations", {"function": "factorial", "args": [int(n)]}).json()["statusUrl"]
        homes.append(LAYOUT.find_home(f"fn/{call.removeprefix('/invocations/')}"))
        lab.wait_for(call)
    assert sorted(homes) == ["1", "2"]


def _name_batch(home: str) -> str:
    return next(name for name in (f"batch-{n}" for n in range(40)) if LAYOUT.find_home(f"batch/{name}") == home)
