"""Fixtures of the toolkit's tests: a lab on the embedded server, and on the real one in `make soak`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from durable.testing import InProcess, OnDebugServer
from local.server_process import EmbeddedProgram, Options, ServerProcess, ServerProgram
from tests.conftest import REAL_IN_SOAK, StartServer
from tests.durable.worker_lab import WorkerLab

type DrivenPlace = InProcess | OnDebugServer  # a place of tests of workflows whose time a test drives


@pytest.fixture(params=REAL_IN_SOAK)
def server_program(request: pytest.FixtureRequest) -> ServerProgram:
    """Each of the two servers in turn."""
    either: ServerProgram = request.param
    return either


@pytest.fixture
def server(request: pytest.FixtureRequest, server_program: ServerProgram, start_server: StartServer) -> ServerProcess:
    """A server that repeats itself soon and looks for lapsed leases often, so that a test waits for neither.

    A test that must not be helped by that gives other options as the parameter.
    """
    return start_server(
        server_program, options=getattr(request, "param", Options(retry_timeout=1_000, timeouts_interval=200))
    )


@pytest.fixture
def place(server_program: ServerProgram, start_server: StartServer) -> DrivenPlace:
    """Where a test of workflows runs: in its own process, and on the real server in debug mode in `make soak`."""
    if isinstance(server_program, EmbeddedProgram):
        return InProcess()
    return OnDebugServer(start_server(server_program, options=Options(debug=True)).url)


@pytest.fixture
def lab(server_program: ServerProgram, server: ServerProcess, tmp_path: Path) -> Iterator[WorkerLab]:
    """A server, a folder for evidence, and workers that end with the test."""
    folder = tmp_path / "lab"
    folder.mkdir()
    lab = WorkerLab(server_program, server, folder)
    yield lab
    lab.close()
