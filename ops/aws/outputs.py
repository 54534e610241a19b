"""What the stack says of itself: the names of its outputs, which the CDK app writes and this command reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from ops.errors import UserError
from ops.exit_codes import ExitCode


class Output(StrEnum):
    """The names; each is an output of the one root stack."""

    API_URL = "ApiUrl"
    API_AUTH = "ApiAuth"
    BUCKET = "DocumentsBucket"
    CLUSTER = "Cluster"
    PROFILE = "Profile"
    SERVER_TASKS = "ServerTasks"
    WORKER_TASKS = "WorkerTasks"
    TRIGGER_LOG = "TriggerLog"
    WORKER_LOG = "WorkerLog"
    SERVER_LOG = "ServerLog"
    KEEPER_LOG = "KeeperLog"


@dataclass(frozen=True)
class Outputs:
    """All outputs of a stack, those that this command does not know, too."""

    stack: str
    values: Mapping[str, str]

    @classmethod
    def of(cls, stack: str, described: Mapping[str, object]) -> Self:
        """Read them out of what CloudFormation says of a stack."""
        found = described.get("Outputs") or []
        assert isinstance(found, list)
        return cls(stack, {each["OutputKey"]: each.get("OutputValue", "") for each in found})

    def __getitem__(self, name: Output) -> str:
        """Return one, or say that the stack has it not."""
        if value := self.values.get(name):
            return value
        sentence = f"the stack {self.stack} has no output {name}: it is another one, or of an older version"
        raise UserError(ExitCode.CONFIG, sentence, "name the right one with --stack, or ./longhand deploy")
