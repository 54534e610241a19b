"""The real server on Postgres, configured as on AWS now or as before, with a keeper beside it."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import psycopg

from durable.wire.client import Client
from keeper.settings import DatabaseAddress
from local.server_process import HOST, ROOT, Options, ServerProcess, free_port, start
from stacks.server_settings import SERVER_SETTINGS
from tests.keeper.keeper_process import KeeperProcess, keeper_environment
from tests.keeper.postgres import Postgres, connect, database_url

# The settings until November 2026, without the keeper's statistics.
_FORMER_SETTINGS: Final[Mapping[str, str]] = {
    "RESONATE_MESSAGES__POLL_INTERVAL": "10",
    "RESONATE_TASKS__RETRY_TIMEOUT": "5000",
    "RESONATE_TRANSPORTS__HTTP_PUSH__ENABLED": "false",
}

type Sql = psycopg.Connection[tuple[object, ...]]


@dataclass(frozen=True, kw_only=True)
class Setup:
    """One set of settings of the server, with or without a keeper beside it."""

    name: str
    settings: Mapping[str, str]
    has_keeper: bool

    @property
    def resend_ms(self) -> int:
        """Until a task is announced again."""
        return int(self.settings["RESONATE_TASKS__RETRY_TIMEOUT"])


SETUPS: Final = (
    Setup(name="before", settings=_FORMER_SETTINGS, has_keeper=False),
    Setup(name="now", settings=SERVER_SETTINGS, has_keeper=True),
)


@dataclass(frozen=True)
class HostedProgram:
    """The real server on a Postgres database, configured by variables as in its task definition."""

    binary: Path
    database: DatabaseAddress
    settings: Mapping[str, str]
    root: Path = ROOT
    name: str = "real on Postgres"

    def command(self, folder: Path, port: int, options: Options) -> list[str]:  # noqa: ARG002 its data is in Postgres
        """Return the command that starts it with the variables."""
        variables = {
            **self.settings,
            "RESONATE_STORAGE__TYPE": "postgres",
            "RESONATE_STORAGE__POSTGRES__URL": database_url(self.database),
            "RESONATE_SERVER__BIND": HOST,
            "RESONATE_SERVER__PORT": str(port),
            "RESONATE_SERVER__URL": f"http://{HOST}:{port}",
            "RESONATE_OBSERVABILITY__METRICS_PORT": str(free_port()),
        }
        return ["/usr/bin/env", *(f"{name}={value}" for name, value in variables.items()), str(self.binary), "serve"]


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A running server on its database, and a connection that reads its announcements."""

    postgres: Postgres
    sql: Sql
    server: ServerProcess
    client: Client


@contextmanager
def deploy(postgres: Path, binary: Path, setup: Setup) -> Iterator[Deployment]:
    """Run Postgres, the server and the keeper inside the block."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        cluster = stack.enter_context(Postgres(postgres))
        address = cluster.create("resonate")
        server = stack.enter_context(start(HostedProgram(binary, address, setup.settings), folder))
        if setup.has_keeper:
            ready = {"READY_URL": f"{server.url}/ready", "HISTORY_INTERVAL_SECONDS": "3600"}
            stack.enter_context(KeeperProcess(folder, keeper_environment(address, **ready)))
        sql = stack.enter_context(connect(address))
        client = stack.enter_context(Client(server.url))
        yield Deployment(postgres=cluster, sql=sql, server=server, client=client)
