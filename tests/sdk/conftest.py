"""The lab of a scenario, on each of the two servers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.server_process import ServerProcess
from tests.sdk.lab import SdkLab


@pytest.fixture
def lab(server: ServerProcess, tmp_path: Path) -> Iterator[SdkLab]:
    """A server, a folder for evidence, and workers that end with the test."""
    lab = SdkLab(server.url, tmp_path)
    yield lab
    lab.close()
