"""One hosted system for all tests of this folder. Each test finds it complete, and may kill any part."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from keeper.settings import DatabaseAddress
from tests.aws import serve_aws
from tests.conftest import REAL
from tests.keeper.postgres import NO_POSTGRES, Postgres, find_postgres
from tests.stacks.conftest import JWT_API, Synth
from tests.stacks.conftest import synth as synth  # noqa: PLC0414 a fixture, for this folder too

from .account import SCANS, Account
from .aws_proxy import open_proxy
from .hosted_system import HostedSystem
from .jobs import Jobs
from .server_name import forward_connections
from .template import Template

NO_SERVER = "NO REAL SERVER: the hosted system was not tested. Name its program in RESONATE_BIN."


@pytest.fixture(scope="package")
def aws() -> Iterator[str]:
    """The url of moto."""
    with serve_aws() as address:
        yield address


@pytest.fixture(scope="package")
def database() -> Iterator[tuple[Postgres, DatabaseAddress]]:
    """A Postgres with the server's database in it."""
    programs = find_postgres(os.environ)
    if programs is None:
        pytest.skip(NO_POSTGRES)
    with Postgres(programs) as cluster:
        yield cluster, cluster.create("resonate")


@pytest.fixture(scope="package")
def running_system(
    tmp_path_factory: pytest.TempPathFactory, synth: Synth, aws: str, database: tuple[Postgres, DatabaseAddress]
) -> Iterator[HostedSystem]:
    """The hosted system with all its programs running."""
    if REAL is None:
        pytest.skip(NO_SERVER)
    postgres, address = database
    app = synth(*JWT_API)
    account = Account.with_stack(aws, app, address)
    template = Template(app, account.read, {"<Data/Database/Instance.Endpoint.Address>": address.host})
    folder: Path = tmp_path_factory.mktemp("hosted")
    with ExitStack() as stack:
        hosted = HostedSystem(
            folder,
            template=template,
            account=account,
            postgres=postgres,
            database=address,
            binary=REAL.binary,
            server_name=stack.enter_context(forward_connections()),
            proxy=stack.enter_context(open_proxy(aws, SCANS)),
        )
        yield stack.enter_context(hosted)


@pytest.fixture
def hosted(running_system: HostedSystem) -> Iterator[HostedSystem]:
    """The hosted system with one process of each program; pytest shows their logs if the test fails."""
    running_system.repair()
    yield running_system
    running_system.proxy.release()
    for program in running_system.programs:
        print(program.log.name, program.log_text[-1500:], sep="\n")  # noqa: T201 pytest shows it after a failure


@pytest.fixture
def jobs(hosted: HostedSystem, request: pytest.FixtureRequest) -> Jobs:
    """A client whose job ids begin with the test's name."""
    return Jobs(hosted, request.node.name.removeprefix("test_")[:60].rstrip("_"))
