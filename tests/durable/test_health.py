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
from tests.durable.scene import GROUP, Scene
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


def test_a_worker_that_takes_work_is_ready_and_alive(scene: Scene) -> None:
    port = free_port()
    man = scene.launch("worker", health_port=port, probe_timeout=20)
    man.wait_for("ready")
    assert ask(port) == (0, "")
    assert ask(port, "alive") == (0, "")
    assert ask(port, "steady") == (0, "")


def test_a_worker_without_a_server_is_alive_and_not_ready(scene: Scene) -> None:
    """Another process could not do better."""
    port = free_port()
    scene.launch("worker", health_port=port, url=f"http://{HOST}:{free_port()}", probe_timeout=20)
    wait_until(lambda: ask(port, "alive")[0] == 0, lambda: scene.crew[0].said)
    code, sentence = ask(port)
    assert code == 1
    assert sentence.startswith("health: the worker is not ready: it waits for the server")
    code, sentence = ask(port, "steady")
    assert (code, sentence.startswith("health: the worker is not steady: it has never been ready")) == (1, True)


def test_a_worker_that_loses_its_server_is_steady_and_not_ready(scene: Scene, server: ServerProcess) -> None:
    """It was ready: whoever replaced it now would have another one that hears nothing."""
    port = free_port()
    man = scene.start(health_port=port)
    assert ask(port, "steady") == (0, "")
    server.kill()
    man.wait_until_not_ready()
    assert (ask(port)[0], ask(port, "steady")[0]) == (1, 0)


def test_a_worker_that_drains_is_alive_and_not_ready(scene: Scene) -> None:
    port = free_port()
    man = scene.start(health_port=port)
    scene.create("a", "gated", "a")
    scene.evidence.wait_for("a", "arrived-1")
    man.send(SIGTERM)
    man.wait_until_not_ready()
    assert (ask(port)[0], ask(port, "alive")[0]) == (1, 0)
    scene.evidence.open_gate()
    assert man.wait() == 0


def test_a_worker_whose_loop_hangs_is_not_alive(scene: Scene) -> None:
    """It does not answer, and that is the answer."""
    port = free_port()
    scene.start(health_port=port)
    scene.create("a", "blocking", "a")
    scene.evidence.wait_for("a", "blocks")
    assert ask(port, "alive") == (1, f"health: the worker does not answer on port {port}: its loop hangs\n")
    scene.evidence.open_gate()
    scene.result("a")
    assert ask(port, "alive")[0] == 0


def test_a_worker_that_died_is_neither(scene: Scene) -> None:
    """Nothing that it left behind speaks for it."""
    port = free_port()
    man = scene.start(health_port=port)
    man.end()
    code, sentence = ask(port)
    assert (code, sentence.startswith(f"health: nothing answers on port {port}")) == (1, True)


def test_a_port_that_is_taken_ends_the_worker_with_a_sentence(scene: Scene) -> None:
    """It would not be healthy in the eyes of anybody."""
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        man = scene.launch("worker", health_port=port)
        assert man.wait() == 1
    assert f"the health port {port} of {HOST} cannot be used" in man.log.read_text()


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


def test_what_is_in_a_worker_stands_on_a_page_and_in_the_log(scene: Scene) -> None:
    """Where whoever has no shell can read it, and whoever counts log lines."""
    port = free_port()
    man = scene.start(health_port=port, gauge_interval=0.05, concurrency=1)
    for job in "ab":
        scene.create(job, "gated", job)
    scene.create("c", "unknown", "c")
    scene.evidence.wait_for("a", "arrived-1")
    man.wait_for("waiting", 2)
    connection = HTTPConnection(HOST, port)
    connection.request("GET", "/gauges")
    page = loads(connection.getresponse().read())
    connection.close()
    assert (page[f"{GROUP} running"], page[f"{GROUP} waiting"], page[f"{GROUP} parked"]) == (1, 2, 0)

    def told() -> list[tuple[int, int, int, int]]:
        lines = [line for line in man.lines if line.get("event") == "gauges"]
        return [(line["running"], line["waiting"], line["parked"], line["streams"]) for line in lines]

    wait_until(lambda: (1, 2, 0, 1) in told(), lambda: man.said)
