"""Run the new server once as a task beside the running one, and judge it by the exit code of its prover.

The task is that of the template with another database, in which the former server has made its tables. A rollback
proves nothing: it returns to a server that was running before.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Self

import boto3  # type: ignore[import-untyped] # it has no types of its own
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped] # as above

from lambdas.resource.errors import ResourceError
from lambdas.resource.logs import log_event

_POLL_SECONDS: Final = 5.0
_RESERVED_SECONDS: Final = 20.0  # kept of the time to work in, to stop the task

type Client = Any  # boto3 has no types


class ProofError(ResourceError):
    """The new server was not proven; the running one stays."""


@dataclass(frozen=True)
class Clock:
    """The passing of time."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, kw_only=True)
class ServerProof:
    """A request to prove a server."""

    creates: bool
    stack: str
    task: Mapping[str, Any]  # the request of ECS' RunTask
    prover: str  # the container that ends with 0 if the server is good
    ecs: Client
    cloudformation: Client
    clock: Clock = Clock()

    @classmethod
    def open(cls, event: Mapping[str, Any]) -> Self:
        """Return the proof that an event of CloudFormation requests."""
        properties = event["ResourceProperties"]
        return cls(
            creates=event["RequestType"] == "Create",
            stack=event["StackId"],
            task=properties["Task"],
            prover=properties["Prover"],
            ecs=boto3.client("ecs"),
            cloudformation=boto3.client("cloudformation"),
        )

    def is_needed(self) -> bool:
        """Whether this deployment replaces a running server, and is not a rollback."""
        if self.creates:
            return False
        with _aws_errors():
            [stack] = self.cloudformation.describe_stacks(StackName=self.stack)["Stacks"]
        return "ROLLBACK" not in stack["StackStatus"]

    def run(self, seconds: float) -> None:
        """Run the task, and raise unless its prover ends with 0."""
        end = self.clock.monotonic() + seconds - _RESERVED_SECONDS
        with _aws_errors(), self._run_task() as arn:
            while self.clock.monotonic() < end:
                found = self.ecs.describe_tasks(cluster=self.task["cluster"], tasks=[arn])["tasks"]  # none at first
                if found and self._has_passed(found[0]):
                    return
                self.clock.sleep(_POLL_SECONDS)
        raise ProofError(_explain(f"its task did not end within {seconds:.0f} seconds"))

    @contextmanager
    def _run_task(self) -> Iterator[str]:
        answer = self.ecs.run_task(**self.task)
        if not answer["tasks"]:
            reason = (answer.get("failures") or [{}])[0].get("reason", "no reason given")
            raise ProofError(_explain(f"ECS could not start its task ({reason})"))
        arn: str = answer["tasks"][0]["taskArn"]
        log_event("started the new server", task=arn)
        try:
            yield arn
        finally:
            self.ecs.stop_task(cluster=self.task["cluster"], task=arn, reason="the proof has ended")

    def _has_passed(self, task: Mapping[str, Any]) -> bool:
        """Return whether the prover has ended well; raise if it has not, or the task ended without it."""
        codes = {each["name"]: each["exitCode"] for each in task.get("containers", ()) if "exitCode" in each}
        if codes.get(self.prover) == 0:
            return True
        if codes or task["lastStatus"] == "STOPPED":
            ended = ", ".join(f"{name} ended with {code}" for name, code in sorted(codes.items()))
            raise ProofError(_explain(ended or task.get("stoppedReason", "its task stopped")))
        return False


def _explain(reason: str) -> str:
    return (
        f"the new server was not proven, so the running one stays: {reason}."
        " Read the server's and the keeper's log, which name the cause, and deploy again"
    )


@contextmanager
def _aws_errors() -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise ProofError(_explain(f"AWS refused a call ({error})")) from error
