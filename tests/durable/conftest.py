"""What the toolkit's tests may ask for: a scene on each of the two servers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.server_process import Options, ServerProcess, ServerProgram
from tests.conftest import StartServer
from tests.durable.scene import Scene


@pytest.fixture
def server(request: pytest.FixtureRequest, server_program: ServerProgram, start_server: StartServer) -> ServerProcess:
    """A server that repeats itself soon and looks for lapsed leases often, so that a test waits for neither.

    A test that must not be helped by that gives other options as the parameter.
    """
    return start_server(
        server_program, options=getattr(request, "param", Options(retry_timeout=1_000, timeouts_interval=200))
    )


@pytest.fixture
def scene(server_program: ServerProgram, server: ServerProcess, tmp_path: Path) -> Iterator[Scene]:
    """A server, a folder for evidence, and workers that end with the test."""
    folder = tmp_path / "scene"
    folder.mkdir()
    scene = Scene(server_program, server, folder)
    yield scene
    scene.end()
