"""How soon the hosted server announces a task beside a backlog: the real server on Postgres, tuned as on AWS.

The backlog is written into the database as the server writes it. Everything else is real: the server, Postgres, the
keeper, the requests, and a connection that reads announcements as a worker does. Before a backlog arrives, Postgres
has analyzed the empty outbox, as autovacuum does in quiet moments; see keeper/outbox.py for what that causes.
"""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from contract.names import DOCUMENTS
from durable.wire.answers import AcquiredTask, EmptyAnswer
from durable.wire.client import Client
from durable.wire.requests import (
    Action,
    PromiseCreate,
    PromiseRegisterCallback,
    PromiseSettle,
    TaskCreate,
    TaskSuspend,
)
from local.server_process import find_real_program
from tests.keeper.postgres import NO_POSTGRES, find_postgres

from .announcements import Announcements, open_announcements
from .hosted_server import SETUPS, Deployment, Setup, deploy
from .hosted_usage import Usage, format_logs
from .report import format_table
from .scale import Scale
from .waiting_jobs import DAY_MS, add_waiting_jobs, analyze_empty_outbox, make_root, now_ms

_SAMPLE_SECONDS: Final = 30.0  # a whole period in which each waiting job is announced again
_PAUSE_SECONDS: Final = 0.5  # between two samples, whether or not the former was announced
_LATE_SECONDS: Final = 20.0  # a later announcement counts as never
_QUIET_SECONDS: Final = 10.0  # without a worker
_LEASE_MS: Final = 60_000


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
            with deploy(postgres, program.binary, setup) as deployment:
                rows.append((setup.name, f"{waiting:,}", *_measure(deployment, setup, waiting)))
            print(f"measured: {' | '.join(rows[-1])}, load {os.getloadavg()[0]:.0f}", flush=True)
    columns = ("messages/s", "Postgres CPU ms a message", "server CPU ms a message")
    logs = ("log bytes a job and hour", "without a worker", "USD a day at 10,000")
    return format_table(("", "waiting", "new: p50, p99 s", "resumed: p50, p99 s", *columns, *logs), rows)


def _measure(deployment: Deployment, setup: Setup, waiting: int) -> tuple[str, ...]:
    with open_announcements(deployment.server.port, DOCUMENTS) as announcements:
        analyze_empty_outbox(deployment)
        add_waiting_jobs(deployment.sql, waiting, spread_ms=setup.resend_ms)
        time.sleep(2 * setup.resend_ms / 1000 if waiting else 0)  # until each was announced, and again
        usage = Usage.read(deployment, announcements)
        samples = _send_samples(deployment.client)
        spent = Usage.read(deployment, announcements).since(usage)
        _wait_for(announcements, [*samples.new, *samples.resumed])
        delays = [_format_delays(announcements, sent) for sent in (samples.new, samples.resumed)]
    quiet = Usage.read(deployment, announcements)
    time.sleep(_QUIET_SECONDS)
    without_worker = Usage.read(deployment, announcements).since(quiet)
    return (*delays, *spent.format_messages(), *format_logs(spent, without_worker, waiting))


def _send_samples(client: Client) -> Samples:
    """Create a job and settle another one's promise at a fixed pace, whatever is announced meanwhile."""
    samples, started = Samples(), time.monotonic()
    for number in range(int(_SAMPLE_SECONDS / _PAUSE_SECONDS)):
        time.sleep(max(0.0, started + number * _PAUSE_SECONDS - time.monotonic()))
        suspended = f"resumed/{number}"
        _suspend(client, suspended)
        samples.new[f"new/{number}"] = time.monotonic()
        client.create(make_root(f"new/{number}"))
        samples.resumed[suspended] = time.monotonic()
        client.settle(PromiseSettle(id=f"{suspended}:1", state="resolved"))
    return samples


def _suspend(client: Client, name: str) -> None:
    """Make a job that a worker has begun, and that waits for another promise."""
    create = Action(kind=PromiseCreate.kind, head={}, data=make_root(name))
    task = client.ask(TaskCreate(pid="bench", ttl=_LEASE_MS, action=create), AcquiredTask).task
    client.create(PromiseCreate(id=f"{name}:1", timeout_at=now_ms() + DAY_MS))
    wait = PromiseRegisterCallback(awaited=f"{name}:1", awaiter=name)
    action = Action(kind=PromiseRegisterCallback.kind, head={}, data=wait)
    client.ask(TaskSuspend(id=name, version=task.version, actions=[action]), EmptyAnswer)


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
