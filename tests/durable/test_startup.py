"""The start-up probe: a worker takes no work before server and SDK fit, and exits with a reason if they do not."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from resonate_base import PROTOCOL_VERSION

from durable.runtime import Settings
from durable.wire.requests import PromiseSearch
from local.server_process import HOST, Options
from tests.conftest import BOTH_SERVERS, StartServer
from tests.durable.worker_lab import EMBEDDED_SERVER, WorkerLab
from tests.loopback import serve_in_thread
from tests.waiting import wait_until

PROBE_SECONDS = 20.0  # seconds; it takes less than one on servers that check timers often

type Respond = Callable[[dict[str, Any]], object]


def find_events(lab: WorkerLab, number: int = 0) -> list[tuple[str, str]]:
    """Return the events in a worker's log, each with its workflow or step."""
    lines = lab.workers[number].log_lines
    return [(line.get("event", ""), line.get("workflow", line.get("step", ""))) for line in lines]


@pytest.mark.parametrize("server", [Options(timeouts_interval=2_000)], ids=["slow clock"], indirect=True)
@BOTH_SERVERS
def test_jobs_wait_for_the_probe_which_leaves_nothing_behind(lab: WorkerLab) -> None:
    """The probe sleeps when the job is announced; the job starts after it without another announcement."""
    worker = lab.launch("worker", probe_timeout=PROBE_SECONDS, concurrency=1)
    wait_until(lambda: ("part_done", "durable_probe_part") in find_events(lab), lambda: worker.log_tail)
    lab.create("a", "pages", "a", 1)
    assert lab.result("a") == {"number": 1, "text": "Page"}
    worker.wait_for("ready")
    # Its line may come after that of the readiness, which its result decides.
    wait_until(lambda: ("job_done", "durable_probe") in find_events(lab), lambda: worker.log_tail)
    events = find_events(lab)
    ready = [event for event, _ in events].index("worker_ready")
    assert ("step_done", "settle") in events[:ready]
    assert ("step_done", "turn") in events[ready:]
    assert list(lab.client.search_all(PromiseSearch(state="pending"))) == []


def test_a_probe_runs_on_its_own_worker_only(lab: WorkerLab) -> None:
    """All parts of a probe run in its own process."""
    lab.start(probe_timeout=PROBE_SECONDS).wait_for("ready")
    lab.start(probe_timeout=PROBE_SECONDS).wait_for("ready")
    for number in (0, 1):
        found = find_events(lab, number)
        assert found.count(("job_done", "durable_probe")) == 1
        assert found.count(("part_done", "durable_probe_part")) == 1


@pytest.mark.parametrize("server", [Options(timeouts_interval=60_000)], ids=["slow clock"], indirect=True)
def test_the_probe_waits_for_a_server_that_is_down(lab: WorkerLab, start_server: StartServer) -> None:
    """Before the probe, and in the middle of it, for longer than its timeout."""
    folder, port = lab.server.log.parent, lab.server.port
    lab.server.kill()
    worker = lab.launch("worker", probe_timeout=3)
    wait_until(lambda: worker.log.read_text().count("the stream could not be opened") > 2, lambda: worker.log_tail)
    slow = start_server(lab.server_program, folder=folder, port=port, options=Options(timeouts_interval=60_000))
    wait_until(lambda: ("part_done", "durable_probe_part") in find_events(lab), lambda: worker.log_tail)
    slow.kill()
    wait_until(lambda: worker.log.read_text().count("the server did not answer") > 3, lambda: worker.log_tail)
    start_server(lab.server_program, folder=folder, port=port, options=Options(timeouts_interval=200))
    worker.wait_for("ready")


def test_two_versions_of_a_workflow_run_side_by_side(lab: WorkerLab) -> None:
    """The old one stays until its last job has ended."""
    lab.evidence.open_gate()
    lab.start(known="both")
    jobs = [lab.create(f"{version}", "gated", "a", version=version) for version in (1, 2)]
    assert [lab.result(job) for job in jobs] == [{"number": 2, "text": "Page"}, "version 2 was here: 42"]


@EMBEDDED_SERVER
@pytest.mark.parametrize("server", [Options(debug=True)], ids=["frozen"], indirect=True)
def test_a_server_that_does_not_finish_the_probe_is_refused(lab: WorkerLab) -> None:
    """Its clock is stopped, and it sends no message."""
    stop_clock(lab.server.port)
    worker = lab.launch("worker", probe_timeout=0.5)
    assert worker.wait_for_exit() == 1
    assert find_failures(lab) == ["the server is incompatible: a start-up probe was not done within 0.5 s"]


def stop_clock(port: int) -> None:
    """Stop the clock of a server in debug mode."""
    head = {"corrId": "stop", "version": PROTOCOL_VERSION}
    connection = HTTPConnection(HOST, port)
    connection.request("POST", "/", json.dumps({"kind": "debug.start", "head": head, "data": {}}))
    assert connection.getresponse().status == 200
    connection.close()


class FakeServer(BaseHTTPRequestHandler):
    """Keeps its stream open, and answers requests as the test wants."""

    answer: Respond

    def do_GET(self) -> None:
        """Keep the stream open until the client closes it."""
        self.send_response(200)
        self.end_headers()
        self.rfile.read()

    def do_POST(self) -> None:
        """Respond a request."""
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        answer = type(self).answer(request)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(answer if isinstance(answer, bytes) else json.dumps(answer).encode())

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def serve_fake(answer: Respond) -> Iterator[str]:
    """Serve these answers, and return the URL."""
    handler = type("Handler", (FakeServer,), {"answer": staticmethod(answer)})
    with ThreadingHTTPServer((HOST, 0), handler) as server:
        server.daemon_threads = True
        with serve_in_thread(server):
            yield f"http://{HOST}:{server.server_port}"


def make_answer(status: int = 200, version: str = PROTOCOL_VERSION, data: object = None) -> Respond:
    """Return a function that answers in a correct envelope."""

    def answer(request: dict[str, Any]) -> object:
        head = {"corrId": request["head"]["corrId"], "status": status, "version": version}
        return {"kind": request["kind"], "head": head, "data": data}

    return answer


def find_failures(lab: WorkerLab) -> list[str]:
    """Return the reasons with which workers have failed."""
    return [line["message"] for worker in lab.workers for line in worker.log_lines if line["level"] == "critical"]


@EMBEDDED_SERVER
@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (make_answer(version="2027-01-01"), f"speaks protocol 2027-01-01, and this worker {PROTOCOL_VERSION}"),
        (make_answer(status=400, data="Unknown kind"), "answers promise.search with 400, Unknown kind"),
        (lambda _: b"<html>Welcome</html>", "is not a Resonate server"),
        (make_answer(data={"promises": [], "schedules": []}), "the server is incompatible"),
    ],
    ids=["another version", "no search", "no server", "strange answers"],
)
def test_a_server_that_does_not_fit_is_refused_with_a_reason(lab: WorkerLab, answer: Respond, sentence: str) -> None:
    with serve_fake(answer) as url:
        worker = lab.launch("worker", url=url, probe_timeout=PROBE_SECONDS)
        assert worker.wait_for_exit() == 1
    [failure] = find_failures(lab)
    assert sentence in failure
    assert "worker_ready" not in worker.log.read_text()


@pytest.mark.parametrize("url", ["", "server", "127.0.0.1:8001", "ftp://server", "http://server:8001 "])
def test_a_wrong_address_of_the_server_is_refused_at_once(url: str) -> None:
    """It would be tried again and again."""
    with pytest.raises(ValueError, match="must look like http://host:8001"):
        Settings(url=url, group="workers")
