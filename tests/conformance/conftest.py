"""What the conformance tests ask for: servers on virtual and on real time, and typed questions to them."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from local.server_process import EmbeddedProgram, ServerProgram
from tests.conftest import REAL

from .fleet import ON_REAL_TIME, ON_VIRTUAL_TIME, WITH_FAST_RETRIES, Fleet
from .protocol_client import Client
from .target import Target
from .world import World


@pytest.fixture(scope="package")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Servers that the tests share. They end with the folder: an idle real server takes 4 % of a core."""
    with ExitStack() as stack:
        yield Fleet(tmp_path_factory.mktemp("fleet"), stack)


@pytest.fixture
def target(server_program: ServerProgram, fleet: Fleet) -> Iterator[Target]:
    """An empty server whose clock the requests drive; it must outlive the test."""
    target = fleet.target(server_program)
    target.begin()
    server = fleet.server(server_program, ON_VIRTUAL_TIME)
    yield target
    assert server.process.poll() is None, f"the {server_program.name} server died: {server.log.read_text()[-2000:]}"


@pytest.fixture
def ask(target: Target) -> Client:
    """Put typed questions to the empty server."""
    return Client(target)


@pytest.fixture
def reference(server_program: ServerProgram, fleet: Fleet) -> Target | None:
    """What the embedded server is compared with: the real server, where there is one."""
    if REAL is None or not isinstance(server_program, EmbeddedProgram):
        return None
    reference = fleet.target(REAL)
    reference.begin()
    return reference


@pytest.fixture
def world(server_program: ServerProgram, fleet: Fleet) -> World:
    """Have a group of the test's own at a server on real time."""
    return World(fleet.server(server_program, ON_REAL_TIME), Client(fleet.target(server_program, ON_REAL_TIME)))


@pytest.fixture
def world_with_fast_retries(server_program: ServerProgram, fleet: Fleet) -> World:
    """Give a world whose server has a short retry timeout."""
    return World(
        fleet.server(server_program, WITH_FAST_RETRIES), Client(fleet.target(server_program, WITH_FAST_RETRIES))
    )
