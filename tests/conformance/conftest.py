"""What the conformance tests ask for: servers on virtual and on real time, and typed questions to them."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from local.server_process import EmbeddedProgram, ServerProgram
from tests.conftest import REAL

from .direct import open_direct
from .fleet import ON_REAL_TIME, ON_VIRTUAL_TIME, WITH_FAST_RETRIES, Fleet
from .protocol_client import Client
from .target import Target
from .world import World


@pytest.fixture(scope="package")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Servers that the tests share. They end with the folder: an idle real server takes 4 % of a core."""
    with ExitStack() as stack:
        yield Fleet(tmp_path_factory.mktemp("fleet"), stack)


@pytest.fixture(scope="package")
def in_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """The embedded server in this process, with its state from the test before."""
    with open_direct(tmp_path_factory.mktemp("in-process")) as target:
        yield target


@pytest.fixture
def behind_http(server_program: ServerProgram, fleet: Fleet) -> Iterator[Target]:
    """An empty server whose clock the requests drive, in a process of its own; it must outlive the test."""
    target = fleet.target(server_program)
    target.begin()
    server = fleet.server(server_program, ON_VIRTUAL_TIME)
    yield target
    assert server.process.poll() is None, f"the {server_program.name} server died: {server.log.read_text()[-2000:]}"


@pytest.fixture
def target(server_program: ServerProgram, in_process: Target, request: pytest.FixtureRequest) -> Target:
    """An empty server whose clock the requests drive. Where HTTP is a subject, tests ask for `behind_http`."""
    if not isinstance(server_program, EmbeddedProgram):
        real: Target = request.getfixturevalue("behind_http")
        return real
    in_process.begin()
    return in_process


@pytest.fixture
def targets(in_process: Target, fleet: Fleet) -> list[Target]:
    """The embedded server and, where there is one, the real server, both empty: to compare their answers."""
    targets = [in_process, fleet.target(REAL)] if REAL else [in_process]
    for target in targets:
        target.begin()
    return targets


@pytest.fixture
def ask(target: Target) -> Client:
    """Put typed questions to the empty server."""
    return Client(target)


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
