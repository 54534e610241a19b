"""The checks of a stack from outside: its server is in a private network that only its own programs reach.

A worker itself checks inside whether it is compatible with the server: it takes no work before its start-up probe has
run. So the doctor starts one more worker and reads the result of its probe.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError  # type: ignore[import-untyped] # it has no types

from ops.aws.buckets import MISSING_BUCKET_CODES
from ops.aws.errors import aws_errors, error_code
from ops.aws.scaling import WorkerScaling
from ops.aws.session import Session
from ops.aws.stack import Stack
from ops.aws.stack_outputs import Output, Outputs
from ops.aws.task import Service, probe_worker

from .api_checks import check_api, check_api_clock
from .check import Check, Outcome, fail, join_cells, ok, skip, warn
from .context import ApiContext
from .database_check import compare_database
from .function_check import check_functions
from .notice_check import describe_channel

_HEALTHY: Final = "HEALTHY"


@dataclass(frozen=True, kw_only=True)
class StackContext(ApiContext):
    """A stack, and its API as this machine reaches it."""

    stack: Stack
    outputs: Outputs
    may_start_worker: bool = True

    @property
    def session(self) -> Session:
        """The session of the stack."""
        return self.stack.session


def check_stack(context: StackContext) -> Outcome:
    """Read the stack's status from CloudFormation."""
    name, status = context.stack.name, context.stack.describe()["StackStatus"]
    if status.endswith("_IN_PROGRESS"):
        return warn(f"{name} is being changed ({status})", "run it again when that has finished")
    if "ROLLBACK" in status:
        remedy = "run ./longhand deploy; CloudFormation shows the reason as the first failed event"
        return warn(f"{name} works as before its last deployment, which failed ({status})", remedy)
    return ok(f"{name}: {status}")


def check_bucket(context: StackContext) -> Outcome:
    """Check that the documents' bucket exists."""
    name = context.outputs[Output.BUCKET]
    with aws_errors():
        try:
            context.session.client("s3").head_bucket(Bucket=name)
        except ClientError as error:
            if error_code(error) not in MISSING_BUCKET_CODES:
                raise
            remedy = "restore it under this name from a backup, or deploy a new stack; jobs fail until then"
            return fail(f"the bucket {name} is missing", remedy)
    return ok(name)


def check_notices(context: StackContext) -> Outcome:
    """Check that the topic or the event bus exists that the workers send notices to."""
    return describe_channel(context.session, context.outputs[Output.NOTICE_CHANNEL], context.stack.describe())


def check_database(context: StackContext) -> Outcome:
    """Compare the database with the stack's template."""
    return compare_database(context.stack)


def check_scaling(context: StackContext) -> Outcome:
    """Check that the autoscaling of no cell is suspended."""
    services = context.outputs.list_cells(Output.WORKER_TASKS)
    return join_cells({cell: _check_scaling(context, service) for cell, service in services.items()})


def _check_scaling(context: StackContext, service: str) -> Outcome:
    cluster = context.outputs[Output.CLUSTER]
    if WorkerScaling(session=context.session, cluster=cluster, service=service).is_suspended:
        remedy = f"./longhand drain --stack {context.stack.name} --resume"
        return warn("the workers were drained, and the autoscaling is suspended", remedy)
    return ok("the autoscaling sets the number of workers")


def check_server(context: StackContext) -> Outcome:
    """Check the health of the server's task in each cell."""
    services = context.outputs.list_cells(Output.SERVER_TASKS)
    return join_cells({cell: _check_tasks(context, service, "server") for cell, service in services.items()})


def check_worker(context: StackContext) -> Outcome:
    """Check the health of the workers' tasks; a healthy worker has passed its probe."""
    services = context.outputs.list_cells(Output.WORKER_TASKS)
    return join_cells({cell: _check_tasks(context, service, "worker") for cell, service in services.items()})


def check_probe(context: StackContext) -> Outcome:
    """Start one more worker, whose probe shows whether server and worker fit."""
    if not context.may_start_worker:
        return skip("left out by --quick")
    outputs = context.outputs
    service = Service(
        session=context.session,
        cluster=outputs[Output.CLUSTER],
        name=outputs[Output.WORKER_TASKS],
        log_group=outputs[Output.WORKER_LOG],
    )
    result = probe_worker(service, context.clock)
    if result.has_passed:
        return ok(f"one more worker fits the server: {result.sentence}")
    sentence = f"one more worker did not become ready: {result.sentence}"
    return fail(sentence, f"see ./longhand logs worker --stack {context.stack.name}")


def _check_tasks(context: StackContext, service: str, log: str) -> Outcome:
    client, cluster = context.session.client("ecs"), context.outputs[Output.CLUSTER]
    with aws_errors():
        services = client.describe_services(cluster=cluster, services=[service])["services"]
        if not services:
            return fail(f"there is no service {service}", "run ./longhand deploy")
        arns = client.list_tasks(cluster=cluster, serviceName=service)["taskArns"]
        tasks = client.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
    return _judge(services[0], tasks, f"see ./longhand logs {log} --stack {context.stack.name} --since 1h")


def _judge(service: dict[str, Any], tasks: list[dict[str, Any]], remedy: str) -> Outcome:
    desired, health = service["desiredCount"], Counter(task.get("healthStatus", "UNKNOWN") for task in tasks)
    if desired == 0:
        return fail("scaled to zero tasks", "see 'scale' in docs/runbook.md")
    if not tasks:
        return fail(f"none of {desired} tasks is running", remedy)
    if health[_HEALTHY] == 0:
        return fail(f"{len(tasks)} of {desired} tasks are running and none is healthy", remedy)
    if health[_HEALTHY] < desired:
        return warn(f"{health[_HEALTHY]} of {desired} tasks are healthy", remedy)
    return ok(f"{health[_HEALTHY]} of {desired} tasks are healthy")


CHECKS: Final[tuple[Check[StackContext], ...]] = (
    Check("stack", check_stack),
    Check("api", check_api),
    Check("api clock", check_api_clock, needs=("api",)),
    Check("bucket", check_bucket),
    Check("notices", check_notices),
    Check("database", check_database),
    Check("server", check_server),
    Check("worker", check_worker),
    Check("scaling", check_scaling),
    Check("functions", check_functions, needs=("api", "server", "worker")),
    Check("probe", check_probe, needs=("stack",)),
)
