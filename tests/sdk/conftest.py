"""The stage of a scenario, on a server of either kind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.server_process import ServerProcess
from tests.sdk.stage import Stage


@pytest.fixture
def stage(server: ServerProcess, tmp_path: Path) -> Iterator[Stage]:
    """A server, a folder for evidence, and workers that end with the test."""
    stage = Stage(server.url, tmp_path)
    yield stage
    stage.end()
