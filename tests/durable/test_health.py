"""Who watches over a worker hears from the worker itself how it is."""

import os
import socket
import subprocess
import sys
from http.client import HTTPConnection
from json import loads
from signal import SIGTERM

import pytest

from local.server_process import HOST, ROOT, EmbeddedProgram, ServerProcess, ServerProgram, free_port
from tests.durable.worker_lab import GROUP, WorkerLab
from tests.waiting import wait_until


@pytest.fixture
def server_program() -> ServerProgram:
    """The server makes no difference here."""
    return EmbeddedProgram()


def ask(port: int | str, *words: str) -> tuple[int, str]:
    """Ask as a container's health check does; return the exit code and what it says."""
    command = [sys.executable, "-m", "worker.health", *words]
    environment = {**os.environ, "WORKER_HEALTH_PORT": str(port)}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ended.stdout == ""
    return ended.returncode, ended.stderr


def test_a_worker_that_takes_work_is_ready_and_alive(lab: WorkerLab) -> None:
    port = free_port()
    worker = lab.launch("worker", health_port=port, probe_timeout=20)
    worker.wait_for("ready")
    assert ask(port) == (0, "")
    assert ask(port, "alive") == (0, "")
    assert ask(port, "steady") == (0, "")


def test_a_worker_without_a_server_is_alive_and_not_ready(lab: WorkerLab) -> None:
    """Another process could not do better."""
    port = free_port()
    lab.launch("worker", health_port=port, url=f"http://{HOST}:{free_port()}", probe_timeout=20)
    wait_until(lambda: ask(port, "alive")[0] == 0, lambda: lab.workers[0].log_tail)
    code, sentence = ask(port)
    assert code == 1
    assert sentence.startswith("health: the worker is not ready: it waits for the server")
    code, sentence = ask(port, "steady")
    assert (code, sentence.startswith("health: the worker is not steady: it has never been ready")) == (1, True)


def test_a_worker_that_loses_its_server_is_steady_and_not_ready(lab: WorkerLab, server: ServerProcess) -> None:
    """It was ready: whoever replaced it now would have another one that hears nothing."""
    port = free_port()
    worker = lab.start(health_port=port)
    assert ask(port, "steady") == (0, "")
    server.kill()
    worker.wait_until_not_ready()
    assert (ask(port)[0], ask(port, "steady")[0]) == (1, 0)


def test_a_worker_that_drains_is_alive_and_not_ready(lab: WorkerLab) -> None:
    port = free_port()
    worker = lab.start(health_port=port)
    lab.create("a", "gated", "a")
    lab.evidence.wait_for("a", "arrived-1")
    worker.send_signal(SIGTERM)
    worker.wait_until_not_ready()
    assert (ask(port)[0], ask(port, "alive")[0]) == (1, 0)
    lab.evidence.open_gate()
    assert worker.wait_for_exit() == 0


def test_a_worker_whose_loop_hangs_is_not_alive(lab: WorkerLab) -> None:
    """It does not answer, and that is the answer."""
    port = free_port()
    lab.start(health_port=port)
    lab.create("a", "blocking", "a")
    lab.evidence.wait_for("a", "blocks")
    assert ask(port, "alive") == (1, f"health: the worker does not answer on port {port}: its loop hangs\n")
    lab.evidence.open_gate()
    lab.result("a")
    assert ask(port, "alive")[0] == 0


def test_a_worker_that_died_is_neither(lab: WorkerLab) -> None:
    """Nothing that it left behind speaks for it."""
    port = free_port()
    worker = lab.start(health_port=port)
    worker.kill()
    code, sentence = ask(port)
    assert (code, sentence.startswith(f"health: nothing answers on port {port}")) == (1, True)


def test_a_port_that_is_taken_ends_the_worker_with_a_sentence(lab: WorkerLab) -> None:
    """It would not be healthy in the eyes of anybody."""
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
def test_a_question_that_makes_no_sense_is_refused(port: str, words: list[str], sentence: str) -> None:
    assert ask(port, *words) == (1, sentence)


def test_what_is_in_a_worker_stands_on_a_page_and_in_the_log(lab: WorkerLab) -> None:
    """Where whoever has no shell can read it, and whoever counts log lines."""
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

    def told() -> list[tuple[int, int, int, int]]:
        lines = [line for line in worker.log_lines if line.get("event") == "gauges"]
        return [(line["running"], line["waiting"], line["parked"], line["streams"]) for line in lines]

    wait_until(lambda: (1, 2, 0, 1) in told(), lambda: worker.log_tail)
