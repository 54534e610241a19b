"""A worker takes no work before it has seen that server and SDK fit, and says in a sentence when they do not."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from resonate_base import PROTOCOL_VERSION

from local.server_process import HOST, Options
from tests.conftest import StartServer
from tests.durable.worker_lab import EMBEDDED, WorkerLab
from tests.loopback import serve_in_thread
from tests.waiting import wait_until
from wire.requests import PromiseSearch

PROBE = 20.0  # seconds; it takes well under one on servers that look at timers often

type Answer = Callable[[dict[str, Any]], object]


def events(lab: WorkerLab, number: int = 0) -> list[tuple[str, str]]:
    """What the log of a worker tells, with the workflow or step that it tells it of."""
    lines = lab.workers[number].log_lines
    return [(line.get("event", ""), line.get("workflow", line.get("step", ""))) for line in lines]


@pytest.mark.parametrize("server", [Options(timeouts_interval=2_000)], ids=["slow clock"], indirect=True)
def test_jobs_wait_until_the_probe_is_through_and_nothing_of_it_stays(lab: WorkerLab) -> None:
    """It sleeps when the job is announced; the job begins all the same, without another announcement."""
    worker = lab.launch("worker", probe_timeout=PROBE, concurrency=1)
    wait_until(lambda: ("part_done", "durable_probe_part") in events(lab), lambda: worker.log_tail)
    lab.create("a", "pages", "a", 1)
    assert lab.result("a") == {"number": 1, "text": "Page"}
    worker.wait_for("ready")
    told = [event for event, _ in events(lab)]
    assert ("job_done", "durable_probe") in events(lab)[: told.index("worker_ready")]
    assert ("step_done", "turn") in events(lab)[told.index("worker_ready") :]
    assert list(lab.client.search_all(PromiseSearch(state="pending"))) == []


def test_a_worker_proves_itself_and_not_another_member_of_its_group(lab: WorkerLab) -> None:
    """All parts of a probe run in the process that is to be proven."""
    lab.start(probe_timeout=PROBE).wait_for("ready")
    lab.start(probe_timeout=PROBE).wait_for("ready")
    for number in (0, 1):
        told = events(lab, number)
        assert told.count(("job_done", "durable_probe")) == 1
        assert told.count(("part_done", "durable_probe_part")) == 1


@pytest.mark.parametrize("server", [Options(timeouts_interval=60_000)], ids=["slow clock"], indirect=True)
def test_a_server_that_is_down_is_waited_for(lab: WorkerLab, start_server: StartServer) -> None:
    """Before the probe, and for longer than the probe has, in the middle of it."""
    folder, port = lab.server.log.parent, lab.server.port
    lab.server.kill()
    worker = lab.launch("worker", probe_timeout=3)
    wait_until(lambda: worker.log.read_text().count("the stream could not be opened") > 2, lambda: worker.log_tail)
    slow = start_server(lab.server_program, folder=folder, port=port, options=Options(timeouts_interval=60_000))
    wait_until(lambda: ("part_done", "durable_probe_part") in events(lab), lambda: worker.log_tail)
    slow.kill()
    wait_until(lambda: worker.log.read_text().count("no answer") > 3, lambda: worker.log_tail)
    start_server(lab.server_program, folder=folder, port=port, options=Options(timeouts_interval=200))
    worker.wait_for("ready")


def test_two_versions_of_a_workflow_work_side_by_side(lab: WorkerLab) -> None:
    """So the old one stays until its last job has ended."""
    lab.evidence.open_gate()
    lab.start(known="both")
    jobs = [lab.create(f"{version}", "gated", "a", version=version) for version in (1, 2)]
    assert [lab.result(job) for job in jobs] == [{"number": 2, "text": "Page"}, "version 2 was here: 42"]


@EMBEDDED
@pytest.mark.parametrize("server", [Options(debug=True)], ids=["frozen"], indirect=True)
def test_a_server_that_does_not_bring_a_probe_to_its_end_is_refused(lab: WorkerLab) -> None:
    """Its clock stands, and it sends nothing."""
    stop_the_clock(lab.server.port)
    worker = lab.launch("worker", probe_timeout=0.5)
    assert worker.wait_for_exit() == 1
    assert failures(lab) == ["the server does not fit: a start-up probe was not done within 0.5 s"]


def stop_the_clock(port: int) -> None:
    """Have a server wait to be told what time it is."""
    head = {"corrId": "stop", "version": PROTOCOL_VERSION}
    connection = HTTPConnection(HOST, port)
    connection.request("POST", "/", json.dumps({"kind": "debug.start", "head": head, "data": {}}))
    assert connection.getresponse().status == 200
    connection.close()


class Odd(BaseHTTPRequestHandler):
    """Has a stream that stays, and answers requests in its own way."""

    answer: Answer

    def do_GET(self) -> None:
        """Open the stream, until whoever reads it is gone."""
        self.send_response(200)
        self.end_headers()
        self.rfile.read()

    def do_POST(self) -> None:
        """Answer a request."""
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        answer = type(self).answer(request)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(answer if isinstance(answer, bytes) else json.dumps(answer).encode())

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """Serve such answers, and give the address."""
    handler = type("Handler", (Odd,), {"answer": staticmethod(answer)})
    with ThreadingHTTPServer((HOST, 0), handler) as odd:
        odd.daemon_threads = True
        with serve_in_thread(odd):
            yield f"http://{HOST}:{odd.server_port}"


def answering(status: int = 200, version: str = PROTOCOL_VERSION, data: object = None) -> Answer:
    """Return a function that answers so, in an envelope as it should be."""

    def answer(request: dict[str, Any]) -> object:
        head = {"corrId": request["head"]["corrId"], "status": status, "version": version}
        return {"kind": request["kind"], "head": head, "data": data}

    return answer


def failures(lab: WorkerLab) -> list[str]:
    """The sentences with which the workers gave up."""
    return [line["message"] for worker in lab.workers for line in worker.log_lines if line["level"] == "critical"]


@EMBEDDED
@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (answering(version="2027-01-01"), f"speaks protocol 2027-01-01, and this worker {PROTOCOL_VERSION}"),
        (answering(status=400, data="Unknown kind"), "answers promise.search with 400, Unknown kind"),
        (lambda _: b"<html>Welcome</html>", "is no Resonate server"),
        (answering(data={"promises": [], "schedules": []}), "the server does not fit"),
    ],
    ids=["another version", "no search", "no server", "strange answers"],
)
def test_a_server_that_does_not_fit_is_refused_in_one_sentence(lab: WorkerLab, answer: Answer, sentence: str) -> None:
    with serving(answer) as url:
        worker = lab.launch("worker", url=url, probe_timeout=PROBE)
        assert worker.wait_for_exit() == 1
    [failure] = failures(lab)
    assert sentence in failure
    assert "worker_ready" not in worker.log.read_text()
