"""The bridge: has the function run each task within its limits, and loses no task when it or the server restarts."""

import signal
import socket

import pytest

from tests.conftest import BOTH_SERVERS, StartServer
from tests.durable.test_recorded_calls import doze_elsewhere
from tests.waiting import wait_until
from worker.adapters import lambda_function

from .conftest import FREQUENT_ANNOUNCEMENTS, OPTIONS
from .fake_lambda import run_in_thread
from .flows import greet, greet_in_version_2
from .function_lab import FunctionLab


@BOTH_SERVERS
def test_factorial_is_computed_by_functions_that_never_wait(lab: FunctionLab) -> None:
    with lab.bridge():
        lab.create("fn/a", "factorial", 10)
        assert lab.result("fn/a") == 3_628_800
    assert lab.fake.headers[0]["X-Amz-Invocation-Type"] == "RequestResponse"


@BOTH_SERVERS
def test_a_sleep_costs_two_calls_however_long_it_is(lab: FunctionLab) -> None:
    """The server announces a task that no worker takes once a second, and a sleep is no task."""
    lab.fake.invoke = run_in_thread(lab.make_worker(doze_elsewhere))
    with lab.bridge():
        lab.result(lab.create("a", "doze_elsewhere", 2.0))
    assert lab.fake.count("a") == len(lab.fake.events) == 2


def test_a_new_deployment_in_the_middle_goes_on_with_what_it_knows(lab: FunctionLab) -> None:
    """A version that it does not know waits, with longer and longer pauses, until it is deployed again."""
    lab.fake.invoke = run_in_thread(lab.make_worker(greet_in_version_2))
    with lab.bridge():
        lab.create("a", "greeting", "b", version=1)
        lab.create("c", "greeting", "d", version=2)
        assert lab.result("c") == "good day d"
        wait_until(lambda: lab.fake.count("a") > 2, "it is not tried again")
        lab.fake.invoke = run_in_thread(lab.make_worker(greet, greet_in_version_2))
        assert lab.result("a") == "hello b"


def test_no_more_functions_run_at_a_time_than_the_bridge_may_call(lab: FunctionLab) -> None:
    jobs = [f"a{number}" for number in range(12)]
    with lab.bridge(concurrency=3) as bridge:
        for job in jobs:
            lab.create(job, "waiting", "all")
        lab.evidence.wait_for("all", "waits", times=3)
        wait_until(lambda: bridge.gauges["waiting"] == len(jobs) - 3, "the other tasks are not announced")
        assert len(lab.evidence.events_of("all")) == 3
        lab.evidence.open_gate()
        for job in jobs:
            lab.result(job)
    assert lab.evidence.max_concurrent("all", "waits", "passed") <= 3
    assert len(lab.fake.events) == len(jobs)


@BOTH_SERVERS
@FREQUENT_ANNOUNCEMENTS
@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_functions_outlive_the_bridge_that_called_them(lab: FunctionLab, ending: signal.Signals) -> None:
    """Ten tasks are under way and ten more are created while no bridge runs; each body runs once."""
    jobs = [f"a{number}" for number in range(20)]
    bridge = lab.start_bridge_process()
    for job in jobs[:10]:
        lab.create(job, "waiting", job)
    for job in jobs[:10]:
        lab.evidence.wait_for(job, "waits")
    bridge.send_signal(ending)
    assert bridge.wait() == (0 if ending == signal.SIGTERM else -ending)
    for job in jobs[10:]:
        lab.create(job, "waiting", job)
    lab.start_bridge_process()
    lab.evidence.open_gate()
    for job in jobs:
        assert lab.result(job) == job
        assert lab.evidence.events_of(job) == ["waits", "passed"]


@BOTH_SERVERS
def test_functions_and_bridge_outlive_a_server_that_restarts(lab: FunctionLab, start_server: StartServer) -> None:
    jobs = [f"a{number}" for number in range(10)]
    with lab.bridge():
        for job in jobs:
            lab.create(job, "waiting", job)
        for job in jobs:
            lab.evidence.wait_for(job, "waits")
        lab.server.kill()
        lab.evidence.open_gate()
        for job in jobs:
            lab.evidence.wait_for(job, "passed")
        start_server(lab.server_program, options=OPTIONS, port=lab.server.port)
        for job in jobs:
            assert lab.result(job) == job
            assert lab.evidence.events_of(job) == ["waits", "passed"]


def test_a_connection_is_never_silent_for_as_long_as_gateways_remember_it() -> None:
    with lambda_function._open_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 1))) as opened:  # noqa: SLF001
        assert opened.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) < 350
