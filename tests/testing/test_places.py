"""One test body, in this process, on servers in debug mode, and on a server with a worker process of its own."""

from collections.abc import Callable

import pytest

from durable.testing import InProcess, OnDebugServer, OnStack, WorkflowTest
from durable.testing.places import Place
from local.server_process import Options, ServerProgram
from tests.conftest import SERVER_PROGRAMS, StartServer
from tests.durable.worker_lab import GROUP, WorkerLab
from tests.testing.flows import approval, greet_later, run_all, signup

type Body = Callable[[Place], str]


def sign_up(place: Place) -> str:
    """Pass a week."""
    with WorkflowTest(signup, on=place) as test:
        job = test.start(signup, "ada@example.org")
        assert "sleeps until " in job.why()
        job.result()
        return job.history()


def approve(place: Place) -> str:
    """Answer after a day, once another worker has the job."""
    with WorkflowTest(approval, on=place) as test:
        job = test.start(approval, "invoice")
        test.kill_workers()
        test.pass_time(days=1)
        job.answer("yes")
        assert job.result() == "answered: yes"
        return job.history()


def run_parts_apart(place: Place) -> str:
    """Run parts on several workers."""
    with WorkflowTest(run_all, greet_later, on=place) as test:
        job = test.start(run_all, 4)
        assert job.result() == [f"part to {number}" for number in range(4)]
        return job.history()


@pytest.mark.parametrize("server_program", SERVER_PROGRAMS, indirect=True)
@pytest.mark.parametrize("body", [sign_up, approve, run_parts_apart])
def test_a_server_in_debug_mode_has_the_same_history(
    body: Body, server_program: ServerProgram, start_server: StartServer
) -> None:
    server = start_server(server_program, options=Options(debug=True))
    assert body(OnDebugServer(server.url)) == body(InProcess())


def decide(place: Place) -> list[tuple[str, str, str]]:
    """Let a person decide; every place can do this."""
    with WorkflowTest(approval, on=place) as test:
        job = test.start(approval, "invoice")
        job.question()
        assert "waits for an answer since " in job.why()
        job.answer("yes")
        assert job.result() == "answered: yes"
        return [(one.id.removeprefix(job.id), one.name, one.state) for one in job.operations()]


def test_a_deployed_stack_runs_the_same_test(lab: WorkerLab) -> None:
    lab.start(known="kit")
    assert decide(OnStack(lab.server.url, group=GROUP)) == decide(InProcess())
