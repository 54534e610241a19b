"""The pytest plugin: what a failed test shows, and what a run with other places does."""

import pytest

from local.server_process import EmbeddedProgram, Options
from tests.conftest import StartServer

BODY = """
from tests.testing.flows import approval, signup
from tests.testing.planted import send_without_key

def test_decides(workflow_test):
    job = workflow_test(approval).start(approval, "invoice")
    job.answer("yes")
    assert job.result() == "answered: yes"

def test_travels(workflow_test):
    test = workflow_test(approval)
    job = test.start(approval, "invoice")
    test.pass_time(days=9)
    assert job.result() == "refused: no_reason"

def test_fails(workflow_test):
    job = workflow_test(approval).start(approval, "invoice")
    assert job.state == "resolved"

def test_certifies(certify):
    certify(send_without_key, exactly={"sent": 1})
"""


@pytest.fixture
def body(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project with tests of workflows."""
    monkeypatch.syspath_prepend(str(pytester._request.config.rootpath))  # noqa: SLF001 it has no other name
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # a plugin of others may not be loaded a second time
    pytester.makepyfile(BODY)
    return pytester


def test_a_failed_test_shows_the_history_of_its_jobs_and_what_they_wait_for(body: pytest.Pytester) -> None:
    result = body.runpytest("-p", "durable.testing.plugin", "-k", "not certifies")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines([
        "*- job job-1 -*", "job-1: pending", "at *", "*announce*step*resolved*1*",
        "job-1 waits: *'announce' waits for an answer since *, until * at the latest",
    ])  # fmt: skip


def test_a_faulty_certificate_fails_its_test_with_the_table(body: pytest.Pytester) -> None:
    result = body.runpytest("-p", "durable.testing.plugin", "-k", "certifies")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*task.fence settle job-1:1*FAULT*send +1"])


def test_a_server_in_debug_mode_runs_all_of_it(body: pytest.Pytester, start_server: StartServer) -> None:
    server = start_server(EmbeddedProgram(), options=Options(debug=True))
    arguments = ["-p", "durable.testing.plugin", "--debug-server", server.url, "-k", "decides or travels"]
    body.runpytest(*arguments).assert_outcomes(passed=2)


def test_a_stack_skips_what_it_cannot_do_and_names_it(body: pytest.Pytester, start_server: StartServer) -> None:
    server = start_server(EmbeddedProgram())
    result = body.runpytest("-p", "durable.testing.plugin", "--stack", server.url, "-k", "travels", "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*passing 9 days, 0:00:00 cannot be done on a deployed stack*without --stack"])
