"""The server as a process: its start, its output and its end."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from local.server_process import HOST, ROOT, EmbeddedProgram, Options
from tests import warm_start
from tests.conftest import StartServer
from tests.processes import kill_at_end
from tests.waiting import TIMEOUT_SECONDS

SERVER = [sys.executable, "-m", "durable.embedded"]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return warm_start.run([*SERVER, *words], cwd=ROOT, capture_output=True, timeout=TIMEOUT_SECONDS)


@contextmanager
def open_answer(port: int, method: str, path: str, body: str = "") -> Iterator[HTTPResponse]:
    """Send one request on its own connection, which stays open in the block."""
    connection = HTTPConnection(HOST, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request(method, path, body)
        with connection.getresponse() as response:
            yield response
    finally:
        connection.close()


def test_a_server_that_posts_nothing_starts_without_the_client() -> None:
    """Its import takes as long as all the others."""
    program = "import sys, durable.embedded.__main__; print(*sys.modules)"
    started = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    modules = set(started.stdout.split())
    assert "durable.embedded.push" in modules
    assert modules & {"aiohttp", "yarl"} == set()


def test_help_explains_every_option_with_examples() -> None:
    text = run("--help").stdout
    for word in ("--port", "--data", "--debug", "--retry-timeout", "--timeouts-interval", "--url", "examples:"):
        assert word in text


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "the following arguments are required: --data"),
        (("--data", "x", "--port", "80o1"), "'80o1' is not a port: 1 to 65535, or 0 for a free one"),
        (("--data", "x", "--port", "70000"), "'70000' is not a port"),
        (("--data", "x", "--retry-timeout", "0"), "'0' is not a number of milliseconds above 0"),
        (("--data", "x", "--retry-timeout", "soon"), "'soon' is not a number of milliseconds"),
    ],
)
def test_a_bad_option_is_a_sentence_and_exit_code_2(words: tuple[str, ...], sentence: str) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert sentence in done.stderr


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as other:
        port = str(other.getsockname()[1])
        done = run("--data", str(tmp_path), "--port", port)
    assert done.returncode == 1
    assert f"cannot listen on {HOST}:{port} (Address already in use)" in done.stderr
    assert "Traceback" not in done.stderr


def test_port_0_uses_a_free_port_and_prints_it(tmp_path: Path) -> None:
    command = [*SERVER, "--data", str(tmp_path), "--port", "0"]
    with kill_at_end(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)) as process:
        assert process.stdout
        words = process.stdout.readline().split()
        port = int(words[3].removesuffix(",").rpartition(":")[2])
        with open_answer(port, "GET", "/ready") as response:
            assert response.status == 200
        process.terminate()
        assert process.wait(TIMEOUT_SECONDS) == 0


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_with_streams_and_connections_open(
    ending: signal.Signals, start_server: StartServer
) -> None:
    server = start_server(EmbeddedProgram())
    with ExitStack() as stack:
        for n in range(3):
            assert stack.enter_context(open_answer(server.port, "GET", f"/poll/g/{n}")).status == 200
        server.process.send_signal(ending)
        assert server.process.wait(TIMEOUT_SECONDS) == 0
    output = server.log.read_text()
    assert "Traceback" not in output
    assert "ready on http://" in output


def test_metrics_count_requests_under_the_real_servers_names(start_server: StartServer) -> None:
    server = start_server(EmbeddedProgram(), options=Options(debug=True))
    head = '{"corrId":"c","version":"2026-04-01"}'
    for kind in ("promise.search", "unknown.kind", "promise.search"):
        with open_answer(server.port, "POST", "/", f'{{"kind":"{kind}","head":{head},"data":{{}}}}') as response:
            response.read()
    with open_answer(server.port, "GET", "/metrics") as response:
        page = response.read().decode()
    assert 'resonate_request_total{kind="promise.search",status="200"} 2.0' in page
    assert 'resonate_request_duration_seconds_count{kind="promise.search"} 2.0' in page
    assert 'resonate_request_total{kind="unknown",status="400"} 1.0' in page
    assert "unknown.kind" not in page
    for name in ("resonate_messages_total", "resonate_deliveries_total", "resonate_schedule_promises_total"):
        assert f"# TYPE {name} counter" in page
