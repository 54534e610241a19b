"""Fixtures: the embedded server, and in `make soak` the real one, too."""

import pytest

from local.server_process import ServerProgram
from tests.conftest import REAL_IN_SOAK


@pytest.fixture(params=REAL_IN_SOAK)
def server_program(request: pytest.FixtureRequest) -> ServerProgram:
    """Each server in turn."""
    program: ServerProgram = request.param
    return program
