"""The pytest plugin: fixtures that open tests of workflows, and reports that show what their jobs did.

`--debug-server URL` runs every such test on a server that was started with --debug, `--stack URL` on a deployed one.
Every other import is late: pytest loads this module in each run of a project that has the toolkit installed.
"""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import pytest

from .refusals import NotOnStackError

if TYPE_CHECKING:
    from .certificate import Certificate
    from .places import Place
    from .workflow_test import AsyncWorkflowTest, WorkflowTest

_TESTS: Final = pytest.StashKey[list[Any]]()
_TOKEN_VARIABLE: Final = "RESONATE_TOKEN"  # noqa: S105 the name of a variable


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run choose where tests of workflows run."""
    options = parser.getgroup("durable", "tests of durable workflows")
    options.addoption("--debug-server", metavar="URL", help="run them on this server, started with --debug")
    options.addoption("--stack", metavar="URL", help=f"run them on this server and its workers ({_TOKEN_VARIABLE})")
    options.addoption("--stack-group", metavar="GROUP", default="workers", help="the workers that know the workflows")


@pytest.fixture
def workflow_test(request: pytest.FixtureRequest) -> "Iterator[Callable[..., WorkflowTest]]":
    """Return a function that opens tests of workflows, as `WorkflowTest`; they end with this test."""
    from .workflow_test import WorkflowTest  # noqa: PLC0415

    with ExitStack() as stack:

        def begin(*workflows: Any, **options: Any) -> "WorkflowTest":  # noqa: ANN401 as WorkflowTest
            test = WorkflowTest(*workflows, **{"on": _find_place(request.config)} | options)
            request.node.stash.setdefault(_TESTS, []).append(test)
            return stack.enter_context(test)

        yield begin


@pytest.fixture
def async_workflow_test(request: pytest.FixtureRequest) -> "Callable[..., AsyncWorkflowTest]":
    """Return a function that makes tests of workflows, as `AsyncWorkflowTest`, for a test that is a coroutine."""
    from .workflow_test import AsyncWorkflowTest  # noqa: PLC0415

    def make(*workflows: Any, **options: Any) -> AsyncWorkflowTest:  # noqa: ANN401 as AsyncWorkflowTest
        return AsyncWorkflowTest(*workflows, **{"on": _find_place(request.config)} | options)

    return make


@pytest.fixture
def certify() -> "Callable[..., Certificate]":
    """Certify a scenario, and fail the test with the table if anything is wrong."""
    from .certifier import certify as run  # noqa: PLC0415

    def check(scenario: Any, **declarations: Any) -> "Certificate":  # noqa: ANN401 as certify
        certificate = run(scenario, **declarations)
        if not certificate.is_good:
            pytest.fail(str(certificate), pytrace=False)
        return certificate

    return check


def _find_place(config: pytest.Config) -> "Place":
    from .on_stack import OnStack  # noqa: PLC0415
    from .places import InProcess, OnDebugServer  # noqa: PLC0415

    if stack := config.getoption("stack"):
        return OnStack(stack, group=config.getoption("stack_group"), token=os.environ.get(_TOKEN_VARIABLE))
    debug_server: str | None = config.getoption("debug_server")
    return OnDebugServer(debug_server) if debug_server else InProcess()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, object, object]:
    """Skip a test that needs what a deployed stack does not have, and name it."""
    try:
        return (yield)
    except NotOnStackError as error:
        pytest.skip(str(error))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Show the history of every job of a failed test, and what it waits for."""
    report = yield
    if report.when == "call" and report.failed:
        report.sections += [section for test in item.stash.get(_TESTS, []) for section in test.describe_jobs()]
    return report
