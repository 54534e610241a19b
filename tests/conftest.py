"""Fixtures for every test: the servers that it can run against, started for it and stopped after it.

The conformance suite and the SDK's contract run against two servers: the embedded server and the real one, when
RESONATE_BIN names it. A run against only one of them reports that at its end.
"""

import gc
import os
import signal
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import pytest

from local.server_process import EmbeddedProgram, Options, ServerProcess, ServerProgram, find_real_program
from tests import warm_start
from tests.keeper.postgres import NO_POSTGRES, find_postgres
from tests.run_order import schedule_files, sort_files
from tests.seeds import RUN_SEED, VARIABLE, draw_some

pytest_plugins = ["durable.testing.plugin", "pytester"]
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell's background job, whose programs would ignore Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)
REAL = find_real_program(os.environ)
ONE_TARGET = (
    "ONE TARGET ONLY: the real Resonate server took no part in this run. "
    "Name its program in RESONATE_BIN to compare the embedded server with it."
)
LONG_TESTS = "NO LONG TESTS: `make soak` runs them, and every case where this run drew some."
EMBEDDED_PARAMETER = pytest.param(EmbeddedProgram(), id="embedded")
NEEDS_REAL = pytest.mark.skipif(REAL is None, reason=ONE_TARGET)
SERVER_PROGRAMS = [EMBEDDED_PARAMETER, pytest.param(REAL, id="real", marks=NEEDS_REAL)]
# For folders whose subject is not the server: `make soak` runs their tests on the real one ...
REAL_IN_SOAK = [EMBEDDED_PARAMETER, pytest.param(REAL, id="real", marks=[NEEDS_REAL, pytest.mark.soak])]
# ... except the main paths, which `make test` runs on both.
BOTH_SERVERS = pytest.mark.parametrize("server_program", SERVER_PROGRAMS, indirect=True)


def some_or_all(*, share: float, at_least: int) -> list[Any]:
    """Return the parameters of a test with many cases: `make test` runs it with some of them, `make soak` with all."""
    some = partial(draw_some, share=share, at_least=at_least)
    return [pytest.param(some, id="some"), pytest.param(list, id="all", marks=pytest.mark.soak)]


SOME_OR_ALL = some_or_all(share=1 / 6, at_least=8)
# Each kill of a worker is a run of the whole workflow, and there are three for each of its requests.
KILLS = some_or_all(share=1 / 12, at_least=6)


class StartServer(Protocol):
    """Starts a server that ends with the test."""

    def __call__(
        self,
        server_program: ServerProgram,
        *,
        options: Options | None = None,
        folder: Path | None = None,
        port: int = 0,
    ) -> ServerProcess:
        """Return the server once it is ready; its data is in a folder of the test."""


def pytest_report_header() -> str:
    """Name the seed before any process of the run starts."""
    return f"random tests: {VARIABLE}={RUN_SEED}"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without Python's garbage collector, and keep it from what was collected: it is never garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin the slow files first."""
    sort_files(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:  # noqa: ANN401 - of a plugin that may be off
    """Give whole files to the processes of `make test`, and a folder with one system as a whole."""
    return schedule_files(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Name the seed with every failure."""
    report = yield
    if report.failed:
        report.sections.append(("random tests", f"{VARIABLE}={RUN_SEED}"))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Report at the end, in one line, what the run did not cover."""
    missing = [
        ONE_TARGET if REAL is None else "",
        NO_POSTGRES if find_postgres(os.environ) is None else "",
        LONG_TESTS if "not soak" in terminalreporter.config.option.markexpr else "",
    ]
    if any(missing):
        terminalreporter.write_sep("!", " ".join(filter(None, missing)), yellow=True, bold=True)


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all processes of this run share."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(params=KILLS)
def certify(certify: Callable[..., Any], request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Certify with some of a scenario's faults, others in each run; `make soak` tries all."""
    return partial(certify, choose=request.param)


@pytest.fixture(params=SERVER_PROGRAMS)
def server_program(request: pytest.FixtureRequest) -> ServerProgram:
    """Each of the two servers in turn."""
    either: ServerProgram = request.param
    return either


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Give a function that starts servers; they stop with the test."""
    with ExitStack() as stack:

        def begin(
            server_program: ServerProgram, *, options: Options | None = None, folder: Path | None = None, port: int = 0
        ) -> ServerProcess:
            folder = folder or tmp_path / server_program.name
            return stack.enter_context(warm_start.start_server(server_program, folder, options=options, port=port))

        yield begin


@pytest.fixture
def server(server_program: ServerProgram, start_server: StartServer) -> ServerProcess:
    """A server of each kind with a short retry timeout, on the real clock."""
    return start_server(server_program, options=Options(retry_timeout=2_000))
