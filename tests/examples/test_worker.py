"""The examples' own worker, as a process, with a server and services on real sockets."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from durable.wire.client import Client
from durable.wire.errors import WorkflowFailed
from local.server_process import ROOT, ServerProcess
from tests import warm_start
from tests.conftest import BOTH_SERVERS
from tests.ops.fake_server import FakeServer, Reply, Request, serve

TARGET = "poll://any@examples"


def answer(request: Request) -> Reply:
    """Answer as all services at once; nothing is delivered to the moon."""
    if request.path == "/parcels/moon":
        return Reply(404)
    return Reply(200, json.dumps(request.path.rpartition("/")[2]).encode(), {"Content-Type": "application/json"})


@pytest.fixture
def services() -> Iterator[FakeServer]:
    with serve(answer) as services:
        yield services


@pytest.fixture
def client(server: ServerProcess, services: FakeServer, tmp_path: Path) -> Iterator[Client]:
    """A client of the server, while a worker runs."""
    command = [sys.executable, "-m", "examples", server.url]
    with (tmp_path / "worker.log").open("wb") as log, Client(server.url) as client:
        worker = warm_start.start(command, cwd=ROOT, env={**os.environ, "SERVICES_URL": services.url}, stderr=log)
        try:
            yield client
        finally:
            worker.terminate()
            worker.wait()


@BOTH_SERVERS
def test_an_order_runs_as_a_process(client: Client, services: FakeServer) -> None:
    for name in ("a1", "moon"):
        order = {"id": name, "item": "lamp", "cents": 1250}
        client.start(f"order/{name}", "place_order", order, target=TARGET, timeout=3600)
    assert client.result("order/a1", timeout=60) == "a1"
    with pytest.raises(WorkflowFailed, match="service_refused"):
        client.result("order/moon", timeout=60)
    sent = [(request.method, request.path) for request in services.requests if "moon" in request.path]
    assert sent == [
        ("PUT", "/reservations/moon"),
        ("PUT", "/payments/moon"),
        ("PUT", "/parcels/moon"),
        ("DELETE", "/payments/moon"),
        ("DELETE", "/reservations/moon"),
    ]
