"""The hosted system, once for all its tests of a process: each finds it whole, and may kill what it likes."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from keeper.settings import DatabaseAddress
from tests.aws import serve_aws
from tests.conftest import REAL
from tests.keeper.postgres import NO_POSTGRES, Postgres, find_postgres
from tests.stacks.conftest import TOKENS, Synth
from tests.stacks.conftest import synth as synth  # noqa: PLC0414 a fixture, for this folder too

from .account import SCANS, Account
from .declared import Declared
from .jobs import Jobs
from .name import name
from .system import Hosted
from .turnstile import turnstile

NO_SERVER = "NO REAL SERVER: the hosted system was not put together. Name its program in RESONATE_BIN."


@pytest.fixture(scope="session")
def aws() -> Iterator[str]:
    """AWS on a port."""
    with serve_aws() as address:
        yield address


@pytest.fixture(scope="session")
def database() -> Iterator[tuple[Postgres, DatabaseAddress]]:
    """A Postgres with the server's database in it."""
    programs = find_postgres(os.environ)
    if programs is None:
        pytest.skip(NO_POSTGRES)
    with Postgres(programs) as cluster:
        yield cluster, cluster.create("resonate")


@pytest.fixture(scope="session")
def whole(
    tmp_path_factory: pytest.TempPathFactory, synth: Synth, aws: str, database: tuple[Postgres, DatabaseAddress]
) -> Iterator[Hosted]:
    """Everything, running."""
    if REAL is None:
        pytest.skip(NO_SERVER)
    postgres, address = database
    app = synth(*TOKENS)
    account = Account.with_stack(aws, app, address)
    declared = Declared(app, account.read, {"<Data/Database/Instance.Endpoint.Address>": address.host})
    folder: Path = tmp_path_factory.mktemp("hosted")
    with ExitStack() as stack:
        hosted = Hosted(
            folder,
            declared=declared,
            account=account,
            postgres=postgres,
            database=address,
            binary=REAL.binary,
            name=stack.enter_context(name()),
            turnstile=stack.enter_context(turnstile(aws, SCANS)),
        )
        yield stack.enter_context(hosted)


@pytest.fixture
def hosted(whole: Hosted) -> Iterator[Hosted]:
    """It, with one of everything; what it has written is shown when the test fails."""
    whole.mend()
    yield whole
    whole.turnstile.let()
    for program in whole.programs:
        print(program.log.name, program.said[-1500:], sep="\n")  # noqa: T201 pytest keeps it for a failure


@pytest.fixture
def jobs(hosted: Hosted, request: pytest.FixtureRequest) -> Jobs:
    """Jobs that are named after the test."""
    return Jobs(hosted, request.node.name.removeprefix("test_")[:60].rstrip("_"))
