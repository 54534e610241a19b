"""How soon the hosted server announces a task beside a backlog: the real server on Postgres, tuned as on AWS.

The backlog is written into the database as the server writes it. Everything else is real: the server, Postgres, the
keeper, the requests, and a connection that reads announcements as a worker does. Before a backlog arrives, Postgres
has analyzed the empty outbox, as autovacuum does in quiet moments; see keeper/outbox.py for what that causes.
"""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import psycopg

from contract.names import DOCUMENTS, DOCUMENTS_ADDRESS
from durable.wire.answers import AcquiredTask, EmptyAnswer
from durable.wire.client import Client
from durable.wire.requests import (
    TARGET,
    Action,
    PromiseCreate,
    PromiseRegisterCallback,
    PromiseSettle,
    TaskCreate,
    TaskSuspend,
)
from keeper.settings import DatabaseAddress
from local.server_process import HOST, ROOT, Options, ServerProcess, find_real_program, free_port, start
from stacks.server_settings import SERVER_SETTINGS
from tests.keeper.keeper_process import KeeperProcess, keeper_environment
from tests.keeper.postgres import NO_POSTGRES, Postgres, connect, database_url, find_postgres

from .announcements import Announcements, open_announcements
from .process_usage import measure_cpu_seconds
from .report import format_table
from .scale import Scale

# The settings until November 2026, without the keeper's statistics.
_FORMER_SETTINGS: Final[Mapping[str, str]] = {
    "RESONATE_MESSAGES__POLL_INTERVAL": "10",
    "RESONATE_TASKS__RETRY_TIMEOUT": "5000",
    "RESONATE_TRANSPORTS__HTTP_PUSH__ENABLED": "false",
}
_SAMPLE_SECONDS: Final = 30.0  # a whole period in which each waiting job is announced again
_PAUSE_SECONDS: Final = 0.5  # between two samples, whether or not the former was announced
_LATE_SECONDS: Final = 20.0  # a later announcement counts as never
_QUIET_SECONDS: Final = 10.0  # without a worker
_DAY_MS: Final = 24 * 3_600_000
_LEASE_MS: Final = 60_000
_LOG_DOLLARS_PER_GIGABYTE: Final = 0.5

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


@dataclass(kw_only=True)
class Samples:
    """When each sampled task became due, by its id: new jobs, and jobs whose awaited promise was settled."""

    new: dict[str, float] = field(default_factory=dict)
    resumed: dict[str, float] = field(default_factory=dict)


def measure_hosted_backlog(scale: Scale) -> str:
    """New and resumed tasks beside waiting jobs, on the real server with Postgres: delays, CPU, log lines."""
    program, postgres = find_real_program(os.environ), find_postgres(os.environ)
    if program is None or postgres is None:
        return "Not measured: set RESONATE_BIN." if program is None else NO_POSTGRES
    rows = []
    for setup in SETUPS:
        for waiting in scale.waiting:
            with _deploy(postgres, program.binary, setup) as deployment:
                rows.append((setup.name, f"{waiting:,}", *_measure(deployment, setup, waiting)))
            print(f"measured: {' | '.join(rows[-1])}, load {os.getloadavg()[0]:.0f}", flush=True)
    columns = ("messages/s", "Postgres CPU ms a message", "server CPU ms a message")
    logs = ("log bytes a job and hour", "without a worker", "USD a day at 10,000")
    return format_table(("", "waiting", "new: p50, p99 s", "resumed: p50, p99 s", *columns, *logs), rows)


@contextmanager
def _deploy(postgres: Path, binary: Path, setup: Setup) -> Iterator[Deployment]:
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


def _measure(deployment: Deployment, setup: Setup, waiting: int) -> tuple[str, ...]:
    with open_announcements(deployment.server.port, DOCUMENTS) as announcements:
        _analyze_empty_outbox(deployment)
        _add_waiting_jobs(deployment.sql, waiting, spread_ms=setup.resend_ms)
        time.sleep(2 * setup.resend_ms / 1000 if waiting else 0)  # until each was announced, and again
        usage = _Usage.read(deployment, announcements)
        samples = _send_samples(deployment.client)
        spent = _Usage.read(deployment, announcements).since(usage)
        _wait_for(announcements, [*samples.new, *samples.resumed])
        delays = [_format_delays(announcements, sent) for sent in (samples.new, samples.resumed)]
    quiet = _Usage.read(deployment, announcements)
    time.sleep(_QUIET_SECONDS)
    without_worker = _Usage.read(deployment, announcements).since(quiet)
    return (*delays, *spent.format_messages(), *_format_logs(spent, without_worker, waiting))


def _analyze_empty_outbox(deployment: Deployment) -> None:
    """Announce some jobs, and analyze the outbox at a moment when it is empty but has had rows."""
    sql = deployment.sql
    sql.execute("ALTER TABLE outgoing_execute SET (autovacuum_enabled = off)")  # so that all runs are alike
    for number in range(100):
        name = f"first/{number}"
        deployment.client.create(
            PromiseCreate(id=name, timeout_at=_now_ms() + _DAY_MS, tags={TARGET: DOCUMENTS_ADDRESS})
        )
        deployment.client.settle(PromiseSettle(id=name, state="resolved"))
    statistics = "SELECT relpages > 0 AND reltuples = 0 FROM pg_class WHERE relname = 'outgoing_execute'"
    while sql.execute(statistics).fetchone() != (True,):
        if sql.execute("SELECT count(*) FROM outgoing_execute").fetchone() == (0,):
            sql.execute("ANALYZE outgoing_execute")


def _add_waiting_jobs(sql: Sql, count: int, *, spread_ms: int) -> None:
    """Insert jobs that no worker takes; their next announcements are spread over the period."""
    values = {"count": count, "now": _now_ms(), "end": _now_ms() + 30 * _DAY_MS, "spread": spread_ms}
    sql.execute(
        """
        INSERT INTO promises (id, tags, param_data, timeout_at, created_at)
        SELECT 'doc/' || n, jsonb_build_object('resonate:target', %(target)s::text, 'resonate:origin', 'doc/' || n,
            'resonate:branch', 'doc/' || n, 'resonate:parent', 'doc/' || n), repeat('x', 500), %(end)s, %(now)s
        FROM generate_series(1, %(count)s) n
        """,
        {**values, "target": DOCUMENTS_ADDRESS},
    )
    of_jobs = "FROM promises WHERE id ^@ 'doc/'"
    sql.execute(f"INSERT INTO promise_timeouts (timeout_at, id) SELECT timeout_at, id {of_jobs}")
    sql.execute(f"INSERT INTO tasks (id) SELECT id {of_jobs}")
    sql.execute(
        f"""
        INSERT INTO task_timeouts (timeout_at, id, ttl)
        SELECT %(now)s + (random() * %(spread)s)::bigint, id, %(spread)s {of_jobs}
        """,
        values,
    )


def _send_samples(client: Client) -> Samples:
    """Create a job and settle another one's promise at a fixed pace, whatever is announced meanwhile."""
    samples, started = Samples(), time.monotonic()
    for number in range(int(_SAMPLE_SECONDS / _PAUSE_SECONDS)):
        time.sleep(max(0.0, started + number * _PAUSE_SECONDS - time.monotonic()))
        suspended = f"resumed/{number}"
        _suspend(client, suspended)
        samples.new[f"new/{number}"] = time.monotonic()
        client.create(_root(f"new/{number}"))
        samples.resumed[suspended] = time.monotonic()
        client.settle(PromiseSettle(id=f"{suspended}:1", state="resolved"))
    return samples


def _suspend(client: Client, name: str) -> None:
    """Make a job that a worker has begun, and that waits for another promise."""
    create = Action(kind=PromiseCreate.kind, head={}, data=_root(name))
    task = client.ask(TaskCreate(pid="bench", ttl=_LEASE_MS, action=create), AcquiredTask).task
    client.create(PromiseCreate(id=f"{name}:1", timeout_at=_now_ms() + _DAY_MS))
    wait = PromiseRegisterCallback(awaited=f"{name}:1", awaiter=name)
    action = Action(kind=PromiseRegisterCallback.kind, head={}, data=wait)
    client.ask(TaskSuspend(id=name, version=task.version, actions=[action]), EmptyAnswer)


def _root(name: str) -> PromiseCreate:
    return PromiseCreate(id=name, timeout_at=_now_ms() + _DAY_MS, tags={TARGET: DOCUMENTS_ADDRESS})


def _wait_for(announcements: Announcements, names: Sequence[str]) -> None:
    end = time.monotonic() + _LATE_SECONDS
    while time.monotonic() < end and not all(name in announcements.seen_at for name in names):
        time.sleep(0.1)


def _format_delays(announcements: Announcements, sent: Mapping[str, float]) -> str:
    """Return median and 99th percentile of the seconds until the announcement."""
    never = float("inf")
    delays = sorted(announcements.seen_at.get(name, never) - at for name, at in sent.items())
    chosen = (delays[len(delays) // 2], delays[int(len(delays) * 0.99)])
    return ", ".join(f"{seconds:.2f}" if seconds < _LATE_SECONDS else f"> {_LATE_SECONDS:.0f}" for seconds in chosen)


@dataclass(frozen=True, kw_only=True)
class _Usage:
    """Totals at a moment, or their increase between two."""

    at: float
    messages: int
    postgres: float
    server: float
    logged: int

    @classmethod
    def read(cls, deployment: Deployment, announcements: Announcements) -> "_Usage":
        return cls(
            at=time.monotonic(),
            messages=announcements.count,
            postgres=measure_cpu_seconds(deployment.postgres.pid),
            server=measure_cpu_seconds(deployment.server.process.pid),
            logged=deployment.server.log.stat().st_size,
        )

    def since(self, before: "_Usage") -> "_Usage":
        return _Usage(
            at=self.at - before.at,
            messages=self.messages - before.messages,
            postgres=self.postgres - before.postgres,
            server=self.server - before.server,
            logged=self.logged - before.logged,
        )

    def format_messages(self) -> tuple[str, ...]:
        """Return the messages a second, and what each cost Postgres and the server in ms."""
        each = (1000 * seconds / max(self.messages, 1) for seconds in (self.postgres, self.server))
        return (f"{self.messages / self.at:.0f}", *(f"{milliseconds:.2f}" for milliseconds in each))


def _format_logs(with_worker: _Usage, without: _Usage, waiting: int) -> tuple[str, ...]:
    """Return the log's bytes for each waiting job and hour, and the dollars a day of the worse of both."""
    if not waiting:
        return "", "", ""
    hourly = [usage.logged / usage.at * 3_600 / waiting for usage in (with_worker, without)]
    dollars = max(hourly) * 24 * 10_000 / 1e9 * _LOG_DOLLARS_PER_GIGABYTE
    return (*(f"{size:,.0f}" for size in hourly), f"{dollars:.2f}")


def _now_ms() -> int:
    return int(time.time() * 1000)
