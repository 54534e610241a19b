"""What the conformance tests ask for: servers on virtual and on real time, and typed questions to them."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from local.servers import Embedded, Engine
from tests.conftest import REAL

from .ask import Ask
from .fleet import ON_REAL_TIME, ON_VIRTUAL_TIME, SENDING_AGAIN, Fleet
from .target import Target
from .world import World


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Servers that the tests share."""
    with ExitStack() as stack:
        yield Fleet(tmp_path_factory.mktemp("fleet"), stack)


@pytest.fixture
def target(engine: Engine, fleet: Fleet) -> Iterator[Target]:
    """An empty server whose clock the requests drive; it must outlive the test."""
    target = fleet.target(engine)
    target.begin()
    server = fleet.server(engine, ON_VIRTUAL_TIME)
    yield target
    assert server.process.poll() is None, f"the {engine.name} server died: {server.log.read_text()[-2000:]}"


@pytest.fixture
def ask(target: Target) -> Ask:
    """Put typed questions to the empty server."""
    return Ask(target)


@pytest.fixture
def reference(engine: Engine, fleet: Fleet) -> Target | None:
    """What the embedded engine is compared with: the real server, where there is one."""
    if REAL is None or not isinstance(engine, Embedded):
        return None
    reference = fleet.target(REAL)
    reference.begin()
    return reference


@pytest.fixture
def world(engine: Engine, fleet: Fleet) -> World:
    """Have a group of the test's own at a server on real time."""
    return World(fleet.server(engine, ON_REAL_TIME), Ask(fleet.target(engine, ON_REAL_TIME)))


@pytest.fixture
def sending_again(engine: Engine, fleet: Fleet) -> World:
    """Have one at a server that soon sends again what nobody took."""
    return World(fleet.server(engine, SENDING_AGAIN), Ask(fleet.target(engine, SENDING_AGAIN)))
