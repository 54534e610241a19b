"""A deployed stack, as CloudFormation describes it. One in a state of no use is a fault that says what helps."""

from contextlib import suppress
from typing import Any, Final

from botocore.exceptions import ClientError  # type: ignore[import-untyped] # it has no types

from ops.errors import UserError
from ops.exit_codes import ExitCode

from .errors import aws_errors, error_code
from .outputs import Outputs
from .session import Session

type StackDescription = dict[str, Any]

_DESCRIPTION: Final = "Longhand:"  # how that of the root stack begins
_FAILED_FIRST: Final = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"}
_STUCK: Final = {"UPDATE_ROLLBACK_FAILED", "UPDATE_FAILED"}


class Stack:
    """One stack by its name."""

    def __init__(self, session: Session, name: str) -> None:
        self.session: Final = session
        self.name: Final = name
        self._cloud: Final = session.client("cloudformation")

    def find(self) -> StackDescription | None:
        """Return what CloudFormation says of it, or nothing when there is none."""
        with aws_errors():
            try:
                found: list[StackDescription] = self._cloud.describe_stacks(StackName=self.name)["Stacks"]
            except ClientError as error:
                if error_code(error) == "ValidationError" and "does not exist" in str(error):
                    return None
                raise
        return found[0]

    def described(self) -> StackDescription:
        """Return it, or say that there is none, and which there are."""
        found = self.find()
        if found is None:
            raise UserError(
                ExitCode.CONFIG, f"there is no stack {self.name} in {self.session.region_name}", self._others()
            )
        return found

    def outputs(self) -> Outputs:
        """Return what it says of itself, if it is in a state to be used."""
        described = self.described()
        self._refuse(described["StackStatus"])
        return Outputs.of(self.name, described)

    def _refuse(self, status: str) -> None:
        if status in _FAILED_FIRST:
            sentence = f"the first deployment of {self.name} failed ({status}), and it can only be deleted"
            raise UserError(ExitCode.CONFIG, sentence, f"./longhand teardown --stack {self.name}, then deploy it again")
        if status in _STUCK:
            remedy = f"aws cloudformation continue-update-rollback --stack-name {self.name}"
            raise UserError(ExitCode.CONFIG, f"the stack {self.name} is stuck ({status})", remedy)
        if status.startswith("DELETE"):
            remedy = f"./longhand teardown --stack {self.name} goes on with it"
            raise UserError(
                ExitCode.CONFIG, f"the stack {self.name} is being deleted, or was in part ({status})", remedy
            )
        if status == "CREATE_IN_PROGRESS":
            raise UserError(ExitCode.BUSY, f"the stack {self.name} is being made", "run it again when deploy has ended")

    def _others(self) -> str:
        """Name the stacks of this region that could be meant."""
        ours = []
        with suppress(UserError), aws_errors():
            for page in self._cloud.get_paginator("describe_stacks").paginate():
                ours += [each["StackName"] for each in page["Stacks"] if is_ours(each)]
        if ours:
            return f"there is {', '.join(sorted(ours))}; name it with --stack, or another region with --region"
        return "deploy it with ./longhand deploy, or name its region with --region"


def is_ours(described: StackDescription) -> bool:
    """Whether it is a stack of this project: its description says so, also when it came up only halfway."""
    return str(described.get("Description", "")).startswith(_DESCRIPTION)
