"""Fixtures: a lab on the embedded server, and on the real one in `make soak` or where a test says so."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.server_process import Options, ServerProcess, ServerProgram
from tests.conftest import REAL_IN_SOAK, StartServer
from tests.evidence import FOLDER

from .function_lab import FunctionLab

OPTIONS = Options(retry_timeout=1_000, timeouts_interval=200)
# For tests that do not count calls: a task may be announced again while it is taken.
FREQUENT_ANNOUNCEMENTS = pytest.mark.parametrize(
    "options", [Options(retry_timeout=100, timeouts_interval=50)], ids=["at once"]
)


@pytest.fixture(params=REAL_IN_SOAK)
def server_program(request: pytest.FixtureRequest) -> ServerProgram:
    """Each of the two servers in turn."""
    either: ServerProgram = request.param
    return either


@pytest.fixture
def options() -> Options:
    """The options of the server, for a test that gives others."""
    return OPTIONS


@pytest.fixture
def server(server_program: ServerProgram, start_server: StartServer, options: Options) -> ServerProcess:
    """A server that announces a task again soon."""
    return start_server(server_program, options=options)


@pytest.fixture
def lab(
    server_program: ServerProgram, server: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FunctionLab]:
    """A server, a fake Lambda and a client for jobs."""
    folder = tmp_path / "lab"
    folder.mkdir()
    monkeypatch.setenv(FOLDER, str(folder))
    lab = FunctionLab(server_program, server, folder)
    yield lab
    lab.close()
