"""A function worker by itself: each call runs one task, within the time that it has."""

import asyncio
import pickle
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.request import urlopen

import pytest

from durable import Clock
from durable.runtime import FunctionWorker
from durable.runtime.function_worker import OutOfTimeError
from durable.wire.answers import OneTask
from durable.wire.function_calls import CallAnswer
from durable.wire.messages import TaskRef
from durable.wire.requests import TaskGet
from tests.conftest import BOTH_SERVERS, StartServer
from tests.durable.test_pickles import KEY, Planted
from tests.loopback import serve_http

from .conftest import OPTIONS
from .flows import TIME
from .function_lab import FunctionLab


@contextmanager
def calling(lab: FunctionLab, worker: FunctionWorker) -> Iterator[list[CallAnswer]]:
    """Call the function in a thread during the block; its answer is there at the end."""
    answers: list[CallAnswer] = []
    thread = threading.Thread(target=lambda: answers.append(lab.call(worker)))
    thread.start()
    try:
        yield answers
    finally:
        lab.evidence.open_gate()
        thread.join()


@BOTH_SERVERS
def test_a_function_ends_while_its_workflow_waits(lab: FunctionLab) -> None:
    """It is called once more for each multiplication that it waited for."""
    lab.create("fn/a", "factorial", 4)
    assert sorted(lab.call_until_done(lab.make_worker())) == ["completed"] * 4 + ["suspended"] * 3
    assert lab.result("fn/a") == 24


@BOTH_SERVERS
def test_a_step_that_does_not_fit_runs_in_the_next_call(lab: FunctionLab) -> None:
    """Of its 296 seconds, three steps take 240, and a fourth may need 100."""
    lab.create("a", "paced", "a", 7)
    assert lab.call_until_done(lab.make_worker()) == ["handed over", "handed over", "completed"]
    assert lab.evidence.events_of("a") == [f"worked-{number}" for number in range(7)]
    assert lab.result("a") == 21


@contextmanager
def refuse_releases(lab: FunctionLab) -> Iterator[str]:
    """Give the address of the server for a function whose releases it refuses."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status, answer = 500, b""
            if b'"task.release"' not in body:
                with urlopen(lab.server.url, body) as reply:  # noqa: S310 of the test
                    status, answer = reply.status, reply.read()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with serve_http(Handler) as host:
        yield f"http://{host}"


def test_a_task_that_is_handed_over_but_not_released_is_left_to_the_bridge(lab: FunctionLab) -> None:
    """It alone can release it then: the lease is as long as a call."""
    lab.create("a", "paced", "a", 7)
    with refuse_releases(lab) as url:
        answer = lab.call(lab.make_worker(url=url))
    assert answer.status == "lost"
    task = lab.client.ask(TaskGet(id="a"), OneTask).task
    assert (task.state, task.pid) == ("acquired", "test")


def test_an_at_most_once_step_is_not_begun_without_the_time_for_it(lab: FunctionLab) -> None:
    """If it were, the next call would have to report it as interrupted."""
    lab.create("a", "paying", "a")
    assert lab.call_until_done(lab.make_worker()) == ["handed over", "completed"]
    assert lab.evidence.events_of("a")[-1] == "charged"
    assert lab.result("a") is None


@pytest.mark.parametrize(
    ("workflow", "step", "is_warm", "ends"),
    [
        ("scanning", "scan", True, ["completed"]),
        ("scanning", "scan", False, ["handed over", "completed"]),
        ("slow_replay", "read", True, ["handed over", "completed"]),
    ],
)
def test_a_step_that_fits_no_call_fails_by_name(
    lab: FunctionLab, workflow: str, step: str, *, is_warm: bool, ends: list[str]
) -> None:
    """A process that has just started leaves it to a call with more time. At last, each replay takes what it needs."""
    worker = lab.make_worker()
    if is_warm:
        lab.create("b", "greeting", "c")
        lab.call(worker)
    lab.create("a", workflow)
    assert lab.call_until_done(worker) == ends
    error = lab.error("a")
    assert (error["code"], error["step"]) == ("step_timeout", step)
    assert "let workers run the workflow" in error["message"]


def test_a_replay_that_fits_no_call_is_a_failure(lab: FunctionLab) -> None:
    """Handed over, it would be called again at once, for ever; the bridge counts its failures."""
    lab.create("a", "endless_replay")
    with pytest.raises(OutOfTimeError, match="nothing in 296 s: let workers run the workflow"):
        lab.call(lab.make_worker())


def test_a_retry_that_does_not_fit_gets_one_more_call(lab: FunctionLab) -> None:
    """Three attempts of 90 seconds fit in each call. Two more are permitted, but no third call."""
    lab.create("a", "refused", "a")
    assert lab.call_until_done(lab.make_worker()) == ["handed over", "completed"]
    assert lab.evidence.events_of("a") == ["refused"] * 6
    assert lab.error("a")["step"] == "refuse"


def test_the_lease_outlasts_the_call_so_code_that_blocks_does_not_lose_it(lab: FunctionLab) -> None:
    lab.create("a", "waiting", "a")
    with calling(lab, lab.make_worker()) as answers:
        lab.evidence.wait_for("a", "waits")
        task = lab.client.ask(TaskGet(id="a"), OneTask).task
    assert (task.state, task.pid, task.ttl) == ("acquired", "test", 305_000)
    assert answers == [CallAnswer(status="completed", version=1)]


@BOTH_SERVERS
def test_a_canceled_job_ends_its_function(lab: FunctionLab) -> None:
    soon = Clock(monotonic=TIME, sleep=lambda seconds: asyncio.sleep(seconds / 100))
    lab.create("a", "gated", "a")
    with calling(lab, lab.make_worker(clock=soon)) as answers:
        lab.evidence.wait_for("a", "arrived-1")
        lab.settle("a", "rejected_canceled")
        lab.evidence.wait_for("a", "left-1")
    assert answers == [CallAnswer(status="elsewhere", version=1)]
    assert "passed-1" not in lab.evidence.events_of("a")


@BOTH_SERVERS
def test_a_function_waits_for_a_server_that_restarts(lab: FunctionLab, start_server: StartServer) -> None:
    lab.create("a", "gated", "a")
    with calling(lab, lab.make_worker()) as answers:
        lab.evidence.wait_for("a", "arrived-1")
        lab.server.kill()
        lab.evidence.open_gate()
        lab.evidence.wait_for("a", "left-1")
        start_server(lab.server_program, options=OPTIONS, port=lab.server.port)
    assert [answer.status for answer in answers] == ["completed"]
    assert [event for event in lab.evidence.events_of("a") if event.startswith("turned")] == ["turned-0", "turned-1"]


def test_a_function_without_a_server_says_in_time_that_it_lost_it(lab: FunctionLab) -> None:
    lab.create("a", "greeting", "b")
    [task] = lab.pending()
    lab.server.kill()
    assert lab.call(lab.make_worker(), task=task, seconds=1.5).status == "lost"


@pytest.mark.parametrize(("workflow", "version"), [("nothing", 1), ("greeting", 3)])
def test_an_unknown_workflow_is_held_with_a_note_for_the_operator(
    lab: FunctionLab, workflow: str, version: int
) -> None:
    """The bridge, which waits longer each time, releases it."""
    lab.create("a", workflow, "b", version=version)
    for _ in range(2):
        answer = lab.call(lab.make_worker())
        assert answer.status == "parked"
        lab.release("a", answer.version)
    [note] = lab.notes_of("a")
    assert f"does not know the workflow {workflow} version {version}" in note


def test_a_call_that_came_late_runs_nothing(lab: FunctionLab) -> None:
    """Another function has run the task meanwhile, or the job has ended."""
    lab.create("a", "greeting", "b")
    worker = lab.make_worker()
    [task] = lab.pending()
    assert lab.call(worker, task=task).status == "completed"
    assert lab.call(worker, task=task) == CallAnswer(status="elsewhere")
    assert lab.call(worker, task=TaskRef(id="nothing", version=0)) == CallAnswer(status="elsewhere")


@pytest.mark.parametrize(
    ("workflow", "arguments", "code"),
    [
        ("large", [], "result_too_large"),
        ("faulty", ["return_wrong_type"], "result_type"),
        ("greeting", [7], "bad_arguments"),
        ("factorial", ["seven"], "bad_arguments"),
        ("greeting", [], "bad_arguments"),
    ],
)
def test_wrong_values_fail_a_job_in_one_call(
    lab: FunctionLab, workflow: str, arguments: list[object], code: str
) -> None:
    lab.create("a", workflow, *arguments)
    assert lab.call_until_done(lab.make_worker()) == ["completed"]
    assert lab.error("a")["code"] == code


def test_a_planted_pickle_does_not_run_in_a_function(lab: FunctionLab) -> None:
    file = lab.folder / "it-ran"
    lab.create("a", "asking")
    assert lab.call_until_done(lab.make_worker())[0] == "suspended"
    error = {"__type": "error", "message": "sorry", KEY: b64encode(pickle.dumps(Planted(file))).decode()}
    lab.settle("a:1", "rejected", error)
    assert lab.call_until_done(lab.make_worker()) == ["completed"]
    assert lab.result("a") == "ApplicationError: sorry"
    assert not file.exists()
