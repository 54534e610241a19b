"""A stack as it can be seen from outside: its engine is in a network of its own, and reached by nobody but its parts.

That engine and workers fit is proven inside: a worker takes no work before it has run a probe of its own through the
engine, a step, a part, a sleep and a promise. So one more worker is started, and asked how that went.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError  # type: ignore[import-untyped] # it has no types

from ops.api import Api
from ops.aws.errors import aws_errors, error_code
from ops.aws.outputs import Output, Outputs
from ops.aws.session import Session
from ops.aws.stack import Stack
from ops.aws.task import Service, probe_worker
from ops.clock import SYSTEM_CLOCK, Clock

from .api_checks import api_answers, api_clock
from .check import Check, Outcome, fail, ok, skip, warn

_HEALTHY: Final = "HEALTHY"
_GONE: Final = {"404", "NoSuchBucket"}


@dataclass(frozen=True, kw_only=True)
class StackContext:
    """A stack, and its API as this machine reaches it."""

    stack: Stack
    outputs: Outputs
    api: Api
    may_start: bool = True  # one more worker, for a minute or two
    clock: Clock = SYSTEM_CLOCK

    @property
    def session(self) -> Session:
        """Whose credentials."""
        return self.stack.session


def stack_state(scene: StackContext) -> Outcome:
    """Look at what CloudFormation says."""
    status = scene.stack.described()["StackStatus"]
    if status.endswith("_IN_PROGRESS"):
        return warn(f"{scene.stack.name} is being changed ({status})", "run it again when that has ended")
    if "ROLLBACK" in status:
        remedy = "./longhand deploy; what CloudFormation shows as the first failed event is why"
        return warn(f"{scene.stack.name} works as before its last deployment, which failed ({status})", remedy)
    return ok(f"{scene.stack.name}: {status}")


def bucket(scene: StackContext) -> Outcome:
    """Ask whether it is there."""
    name = scene.outputs[Output.BUCKET]
    with aws_errors():
        try:
            scene.session.client("s3").head_bucket(Bucket=name)
        except ClientError as error:
            if error_code(error) not in _GONE:
                raise
            remedy = "restore it under this name from a backup, or deploy a new stack; jobs fail until then"
            return fail(f"the bucket {name} is missing", remedy)
    return ok(name)


def server(scene: StackContext) -> Outcome:
    """Look at the one task of the server."""
    return _tasks(scene, scene.outputs[Output.SERVER_TASKS], "server")


def worker(scene: StackContext) -> Outcome:
    """Look at the workers: a healthy one has proven that it can work."""
    return _tasks(scene, scene.outputs[Output.WORKER_TASKS], "worker")


def probe(scene: StackContext) -> Outcome:
    """Start one more worker, which proves that engine and worker fit before it takes any work."""
    if not scene.may_start:
        return skip("left out with --quick")
    outputs = scene.outputs
    service = Service(
        session=scene.session,
        cluster=outputs[Output.CLUSTER],
        name=outputs[Output.WORKER_TASKS],
        log=outputs[Output.WORKER_LOG],
    )
    proof = probe_worker(service, scene.clock)
    if proof.holds:
        return ok(f"one more worker fits the engine: {proof.sentence}")
    return fail(
        f"one more worker did not come up: {proof.sentence}", f"./longhand logs worker --stack {scene.stack.name}"
    )


def _tasks(scene: StackContext, service: str, log: str) -> Outcome:
    client, cluster = scene.session.client("ecs"), scene.outputs[Output.CLUSTER]
    with aws_errors():
        found = client.describe_services(cluster=cluster, services=[service])["services"]
        if not found:
            return fail(f"there is no service {service}", "./longhand deploy")
        arns = client.list_tasks(cluster=cluster, serviceName=service)["taskArns"]
        tasks = client.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
    return _judged(found[0], tasks, f"./longhand logs {log} --stack {scene.stack.name} --since 1h")


def _judged(service: dict[str, Any], tasks: list[dict[str, Any]], remedy: str) -> Outcome:
    wanted, health = service["desiredCount"], Counter(task.get("healthStatus", "UNKNOWN") for task in tasks)
    if wanted == 0:
        return fail("it is scaled to nothing", "see 'scale' in docs/runbook.md")
    if not tasks:
        return fail(f"none of {wanted} tasks runs", remedy)
    if health[_HEALTHY] == 0:
        return fail(f"{len(tasks)} of {wanted} tasks run and none is healthy", remedy)
    if health[_HEALTHY] < wanted:
        return warn(f"{health[_HEALTHY]} of {wanted} tasks are healthy", remedy)
    return ok(f"{health[_HEALTHY]} of {wanted} tasks are healthy")


CHECKS: Final[tuple[Check[StackContext], ...]] = (
    Check("stack", stack_state),
    Check("api", api_answers),
    Check("api clock", api_clock, needs=("api",)),
    Check("bucket", bucket),
    Check("server", server),
    Check("worker", worker),
    Check("probe", probe, needs=("stack",)),
)
