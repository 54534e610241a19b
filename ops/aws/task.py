"""Starts one more task of the worker's service, reads the result of its start-up probe, and stops it.

A worker first runs a probe through the server that only this worker may take. It logs that it is ready, or why it is
not compatible with the server. Stopping the task is safe: the worker releases the tasks that it took meanwhile.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from contract import names
from durable.wire.clock import Clock
from ops.errors import UserError
from ops.exit_codes import ExitCode

from .client import Client
from .errors import aws_errors
from .logs import LogGroup
from .session import Session

_POLL_SECONDS: Final = 3.0
_TIMEOUT_SECONDS: Final = 300.0  # a task needs one or two minutes to pull its image and start


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service of a cluster, and the log group of its container."""

    session: Session
    cluster: str
    name: str
    log_group: str


@dataclass(frozen=True)
class ProbeResult:
    """Whether the worker's probe succeeded, and the worker's own words."""

    has_passed: bool
    sentence: str


def probe_worker(service: Service, clock: Clock) -> ProbeResult:
    """Start a worker, wait for the result of its probe, and stop it."""
    client, started_at = service.session.client("ecs"), clock.now()
    log = LogGroup(service.session.client("logs"), service.log_group)
    with aws_errors(), _run_task(client, service) as arn:
        task_id = arn.rpartition("/")[2]
        while clock.now() - started_at < _TIMEOUT_SECONDS:
            tasks = client.describe_tasks(cluster=service.cluster, tasks=[arn])["tasks"]  # empty for a moment
            for line in log.read(int(started_at * 1000)):
                if line.stream.endswith(task_id) and (result := _parse_result(line.text)):
                    return result
            if tasks and tasks[0]["lastStatus"] == "STOPPED":
                reason = tasks[0].get("stoppedReason", "no reason given")
                return ProbeResult(has_passed=False, sentence=f"its task stopped ({reason})")
            clock.sleep(_POLL_SECONDS)
    return ProbeResult(has_passed=False, sentence=f"no result within {_TIMEOUT_SECONDS / 60:.0f} minutes")


@contextmanager
def _run_task(client: Client, service: Service) -> Iterator[str]:
    """Run a task with the service's own task definition and network."""
    services = client.describe_services(cluster=service.cluster, services=[service.name])["services"]
    if not services:
        raise UserError(ExitCode.CONFIG, f"there is no service {service.name}", "run ./longhand deploy")
    answer = client.run_task(
        cluster=service.cluster,
        taskDefinition=services[0]["taskDefinition"],
        launchType="FARGATE",
        networkConfiguration=services[0].get("networkConfiguration", {}),
        startedBy="longhand doctor",
    )
    if not answer["tasks"]:
        reason = (answer.get("failures") or [{}])[0].get("reason", "no reason given")
        raise UserError(ExitCode.UNAVAILABLE, f"ECS could not start a worker ({reason})", "run it again in a minute")
    arn: str = answer["tasks"][0]["taskArn"]
    try:
        yield arn
    finally:
        client.stop_task(cluster=service.cluster, task=arn, reason="longhand doctor has finished")


def _parse_result(text: str) -> ProbeResult | None:
    """Parse a line of the worker's log; durable/runtime/worker.py logs these events.

    Of the groups only `documents` counts: the worker of chunks logs that it is ready without a probe.
    """
    with suppress(ValueError):
        line: object = json.loads(text)
        if isinstance(line, dict):
            match line:
                case {"event": "worker_ready", "group": names.DOCUMENTS, "duration": duration}:
                    return ProbeResult(has_passed=True, sentence=f"its probe took {duration} s")
                case {"event": "worker_failed"}:
                    return ProbeResult(has_passed=False, sentence=str(line.get("message")))
    return None
