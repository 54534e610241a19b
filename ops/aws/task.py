"""One more worker, started beside those of its service, so that it proves itself; and stopped again.

A worker's first deed is a probe through the engine that only itself may take: it says in its log that it is ready, or
in one sentence why engine and worker do not fit. Stopping it is safe: what it may have taken it hands over.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from ops.clock import SYSTEM_CLOCK, Clock
from ops.errors import UserError
from ops.exit_codes import ExitCode

from .client import Client
from .errors import aws_errors
from .logs import Log
from .session import Session

_LOOK: Final = 3.0  # seconds between two looks
_PATIENCE: Final = 300.0  # seconds; a task and its image need one minute or two


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service of a cluster, and the log group that its container writes to."""

    session: Session
    cluster: str
    name: str
    log: str


@dataclass(frozen=True)
class ProbeResult:
    """Whether the worker came through, and what it says of it."""

    holds: bool
    sentence: str


def probe_worker(service: Service, clock: Clock = SYSTEM_CLOCK) -> ProbeResult:
    """Start a worker, read what it says of its probe, and stop it."""
    client, begun = service.session.client("ecs"), clock.now()
    log = Log(service.session.client("logs"), service.log)
    with aws_errors(), _started(client, service) as arn:
        while clock.now() - begun < _PATIENCE:
            found = client.describe_tasks(cluster=service.cluster, tasks=[arn])["tasks"]  # none, for a moment
            own = arn.rpartition("/")[2]
            for line in log.read(int(begun * 1000)):
                if line.stream.endswith(own) and (proof := _proof(line.text)):
                    return proof
            if found and found[0]["lastStatus"] == "STOPPED":
                why = found[0].get("stoppedReason", "nobody knows why")
                return ProbeResult(holds=False, sentence=f"its task stopped ({why})")
            clock.sleep(_LOOK)
    return ProbeResult(holds=False, sentence=f"it said nothing in {_PATIENCE / 60:.0f} minutes")


@contextmanager
def _started(client: Client, service: Service) -> Iterator[str]:
    """Run it as the service runs its own: the same definition, in the same network."""
    found = client.describe_services(cluster=service.cluster, services=[service.name])["services"]
    if not found:
        raise UserError(ExitCode.CONFIG, f"there is no service {service.name}", "./longhand deploy")
    answer = client.run_task(
        cluster=service.cluster,
        taskDefinition=found[0]["taskDefinition"],
        launchType="FARGATE",
        networkConfiguration=found[0].get("networkConfiguration", {}),
        startedBy="longhand doctor",
    )
    if not answer["tasks"]:
        reason = (answer.get("failures") or [{}])[0].get("reason", "it does not say why")
        raise UserError(ExitCode.UNAVAILABLE, f"ECS could not start a worker ({reason})", "try again in a minute")
    arn: str = answer["tasks"][0]["taskArn"]
    try:
        yield arn
    finally:
        client.stop_task(cluster=service.cluster, task=arn, reason="longhand doctor has seen enough")


def _proof(text: str) -> ProbeResult | None:
    """Read a line of the worker's log; the events are those of durable/runtime/worker.py."""
    with suppress(ValueError):
        line: object = json.loads(text)
        if isinstance(line, dict):
            match line.get("event"):
                case "worker_ready":
                    return ProbeResult(holds=True, sentence=f"its probe took {line.get('duration')} s")
                case "worker_failed":
                    return ProbeResult(holds=False, sentence=str(line.get("message")))
    return None
