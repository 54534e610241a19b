"""The health check of a container asks the worker's process itself."""

import os
import socket
import sys
from http.client import HTTPConnection
from json import loads
from signal import SIGTERM

import pytest

from local.server_process import HOST, ROOT, EmbeddedProgram, ServerProcess, ServerProgram, free_port
from tests import warm_start
from tests.durable.worker_lab import GROUP, WorkerLab
from tests.waiting import wait_until


@pytest.fixture
def server_program() -> ServerProgram:
    """The subject does not depend on the server."""
    return EmbeddedProgram()


def run_check(port: int | str, *words: str) -> tuple[int, str]:
    """Run the container's health check, and return its exit code and message."""
    command = [sys.executable, "-m", "worker.health", *words]
    environment = {**os.environ, "WORKER_HEALTH_PORT": str(port)}
    ended = warm_start.run(command, cwd=ROOT, env=environment, capture_output=True)
    assert ended.stdout == ""
    return ended.returncode, ended.stderr


def test_a_worker_that_takes_work_is_ready_and_alive(lab: WorkerLab) -> None:
    port = free_port()
    worker = lab.launch("worker", health_port=port, probe_timeout=20)
    worker.wait_for("ready")
    assert run_check(port) == (0, "")
    assert run_check(port, "alive") == (0, "")
    assert run_check(port, "steady") == (0, "")


def test_a_worker_without_a_server_is_alive_and_not_ready(lab: WorkerLab) -> None:
    """Another process would not be connected either."""
    port = free_port()
    lab.launch("worker", health_port=port, url=f"http://{HOST}:{free_port()}", probe_timeout=20)
    wait_until(lambda: run_check(port, "alive")[0] == 0, lambda: lab.workers[0].log_tail)
    code, sentence = run_check(port)
    assert code == 1
    assert sentence.startswith("health: the worker is not ready: it waits for the server")
    code, sentence = run_check(port, "steady")
    assert (code, sentence.startswith("health: the worker is not steady: it has never been ready")) == (1, True)


def test_a_worker_that_loses_its_server_is_steady_and_not_ready(lab: WorkerLab, server: ServerProcess) -> None:
    """It was ready once: a replacement would have no server either."""
    port = free_port()
    worker = lab.start(health_port=port)
    assert run_check(port, "steady") == (0, "")
    server.kill()
    worker.wait_until_not_ready()
    assert (run_check(port)[0], run_check(port, "steady")[0]) == (1, 0)


def test_a_worker_that_drains_is_alive_and_not_ready(lab: WorkerLab) -> None:
    port = free_port()
    worker = lab.start(health_port=port)
    lab.create("a", "gated", "a")
    lab.evidence.wait_for("a", "arrived-1")
    worker.send_signal(SIGTERM)
    worker.wait_until_not_ready()
    assert (run_check(port)[0], run_check(port, "alive")[0]) == (1, 0)
    lab.evidence.open_gate()
    assert worker.wait_for_exit() == 0


def test_a_worker_whose_event_loop_is_blocked_is_not_alive(lab: WorkerLab) -> None:
    """It does not answer, so the check fails."""
    port = free_port()
    lab.start(health_port=port)
    lab.create("a", "blocking", "a")
    lab.evidence.wait_for("a", "blocks")
    assert run_check(port, "alive") == (1, f"health: the worker does not answer on port {port}: its event loop hangs\n")
    lab.evidence.open_gate()
    lab.result("a")
    assert run_check(port, "alive")[0] == 0


def test_a_dead_worker_is_neither_ready_nor_alive(lab: WorkerLab) -> None:
    """It has left no file that says otherwise."""
    port = free_port()
    worker = lab.start(health_port=port)
    worker.kill()
    code, sentence = run_check(port)
    assert (code, sentence.startswith(f"health: nothing answers on port {port}")) == (1, True)


def test_a_taken_health_port_fails_the_worker(lab: WorkerLab) -> None:
    """No health check could reach it."""
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        worker = lab.launch("worker", health_port=port)
        assert worker.wait_for_exit() == 1
    assert f"the health port {port} of {HOST} cannot be used" in worker.log.read_text()


@pytest.mark.parametrize(
    ("port", "words", "sentence"),
    [
        ("", [], "health: WORKER_HEALTH_PORT must be the port that the worker was given\n"),
        ("x", [], "health: WORKER_HEALTH_PORT must be the port that the worker was given\n"),
        ("1", ["well"], "health: usage: python -m worker.health [ready|alive|steady]\n"),
    ],
)
def test_a_wrong_health_check_is_refused(port: str, words: list[str], sentence: str) -> None:
    assert run_check(port, *words) == (1, sentence)


def test_gauges_are_on_a_page_and_in_the_log(lab: WorkerLab) -> None:
    """The page is for containers without a shell, the log for metrics."""
    port = free_port()
    worker = lab.start(health_port=port, gauge_interval=0.05, concurrency=1)
    for job in "ab":
        lab.create(job, "gated", job)
    lab.create("c", "unknown", "c")
    lab.evidence.wait_for("a", "arrived-1")
    worker.wait_for("waiting", 2)
    connection = HTTPConnection(HOST, port)
    connection.request("GET", "/gauges")
    page = loads(connection.getresponse().read())
    connection.close()
    assert (page[f"{GROUP} running"], page[f"{GROUP} waiting"], page[f"{GROUP} parked"]) == (1, 2, 0)

    def read_gauge_lines() -> list[tuple[int, int, int, int]]:
        lines = [line for line in worker.log_lines if line.get("event") == "gauges"]
        return [(line["running"], line["waiting"], line["parked"], line["streams"]) for line in lines]

    wait_until(lambda: (1, 2, 0, 1) in read_gauge_lines(), lambda: worker.log_tail)
