"""A deployed stack as CloudFormation describes it. A stack in an unusable state raises an error with the remedy."""

from contextlib import suppress
from typing import Any, Final

from botocore.exceptions import ClientError  # type: ignore[import-untyped] # it has no types

from ops.errors import UserError
from ops.exit_codes import ExitCode

from .errors import aws_errors, error_code
from .session import Session
from .stack_outputs import Outputs

type StackDescription = dict[str, Any]

_DESCRIPTION_PREFIX: Final = "Longhand:"  # the root stack's description begins with it
_NEVER_CREATED_STATUSES: Final = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED"}
_UNFINISHED_STATUSES: Final = {"CREATE_FAILED", "REVIEW_IN_PROGRESS"}
_STUCK_STATUSES: Final = {"UPDATE_ROLLBACK_FAILED", "UPDATE_FAILED"}


class Stack:
    """One stack by its name."""

    def __init__(self, session: Session, name: str) -> None:
        self.session: Final = session
        self.name: Final = name
        self._client: Final = session.client("cloudformation")

    def find(self) -> StackDescription | None:
        """Return the description, or None when there is no such stack."""
        with aws_errors():
            try:
                stacks: list[StackDescription] = self._client.describe_stacks(StackName=self.name)["Stacks"]
            except ClientError as error:
                if error_code(error) == "ValidationError" and "does not exist" in str(error):
                    return None
                raise
        return stacks[0]

    def describe(self) -> StackDescription:
        """Return the description; without such a stack, raise an error that names the existing ones."""
        description = self.find()
        if description is None:
            sentence = f"there is no stack {self.name} in {self.session.region_name}"
            raise UserError(ExitCode.CONFIG, sentence, self._suggest_others())
        return description

    def read_outputs(self) -> Outputs:
        """Return the outputs; in a state in which the stack cannot be used, raise."""
        description = self.describe()
        self._require_usable(description["StackStatus"])
        return Outputs.parse(self.name, description)

    def _require_usable(self, status: str) -> None:
        if status in _NEVER_CREATED_STATUSES:
            sentence = f"the first deployment of {self.name} failed; the stack can only be deleted ({status})"
            raise UserError(ExitCode.CONFIG, sentence, f"./longhand teardown --stack {self.name}, then deploy it again")
        if status in _UNFINISHED_STATUSES:
            sentence = f"the first deployment of {self.name} did not finish ({status})"
            remedy = f"./longhand deploy --stack {self.name} continues it; ./longhand teardown removes what it made"
            raise UserError(ExitCode.CONFIG, sentence, remedy)
        if status in _STUCK_STATUSES:
            remedy = f"aws cloudformation continue-update-rollback --stack-name {self.name}"
            raise UserError(ExitCode.CONFIG, f"the stack {self.name} is stuck ({status})", remedy)
        if status.startswith("DELETE"):
            sentence = f"the stack {self.name} is being deleted, or was deleted in part ({status})"
            raise UserError(ExitCode.CONFIG, sentence, f"./longhand teardown --stack {self.name} finishes it")
        if status == "CREATE_IN_PROGRESS":
            sentence = f"the stack {self.name} is still being created"
            raise UserError(ExitCode.BUSY, sentence, "run it again when deploy has finished")

    def _suggest_others(self) -> str:
        """Name the stacks of this project in this region."""
        names = []
        with suppress(UserError), aws_errors():
            for page in self._client.get_paginator("describe_stacks").paginate():
                names += [each["StackName"] for each in page["Stacks"] if is_ours(each)]
        if names:
            return f"there is {', '.join(sorted(names))}; name it with --stack, or another region with --region"
        return "deploy it with ./longhand deploy, or name its region with --region"


def is_ours(description: StackDescription) -> bool:
    """Whether it is a stack of this project, also when its deployment failed halfway."""
    return str(description.get("Description", "")).startswith(_DESCRIPTION_PREFIX)
