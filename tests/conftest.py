"""What every test may ask for: the servers it can run against, each started for it and stopped after it.

The conformance suite and the SDK's contract run against two servers: the embedded engine and the real one, when
RESONATE_BIN names it. A run that had only one of them says so at its end, loudly.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from local.servers import Embedded, Engine, Options, Server, real_engine, start
from tests.keeper.postgres import NO_POSTGRES, find_postgres

REAL = real_engine(os.environ)
ONE_TARGET = (
    "ONE TARGET ONLY: the real Resonate server took no part in this run. "
    "Name its program in RESONATE_BIN to compare the embedded engine with it."
)
ENGINES = [
    pytest.param(Embedded(), id="embedded"),
    pytest.param(REAL, id="real", marks=pytest.mark.skipif(REAL is None, reason=ONE_TARGET)),
]


class StartServer(Protocol):
    """Starts a server that ends with the test."""

    def __call__(
        self, engine: Engine, *, options: Options | None = None, folder: Path | None = None, port: int = 0
    ) -> Server:
        """Return it once it is ready; its data is in a folder of the test's own."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end what a green run has not shown."""
    if REAL is None:
        terminalreporter.write_sep("!", ONE_TARGET, yellow=True, bold=True)
    if find_postgres(os.environ) is None:
        terminalreporter.write_sep("!", NO_POSTGRES, yellow=True, bold=True)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each of the two servers in turn."""
    either: Engine = request.param
    return either


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Give a function that starts servers; they end with the test."""
    with ExitStack() as stack:

        def begin(
            engine: Engine, *, options: Options | None = None, folder: Path | None = None, port: int = 0
        ) -> Server:
            folder = folder or tmp_path / engine.name
            return stack.enter_context(start(engine, folder, options=options, port=port))

        yield begin


@pytest.fixture
def server(engine: Engine, start_server: StartServer) -> Server:
    """A server of each kind with a short retry timeout, on the real clock."""
    return start_server(engine, options=Options(retry_timeout=2_000))
