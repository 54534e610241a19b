"""The outputs of the stack; the CDK app writes them and this command reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from ops.errors import UserError
from ops.exit_codes import ExitCode


class Output(StrEnum):
    """The names of the root stack's outputs."""

    API_URL = "ApiUrl"
    API_AUTH = "ApiAuth"
    BUCKET = "DocumentsBucket"
    NOTICE_CHANNEL = "NoticeChannel"  # the ARN of the topic or event bus that workers send notices to
    WEBHOOK_SECRET = "WebhookSecret"  # noqa: S105 the name of the output
    CLUSTER = "Cluster"
    PROFILE = "Profile"
    SERVER_TASKS = "ServerTasks"
    WORKER_TASKS = "WorkerTasks"
    TRIGGER_LOG = "TriggerLog"
    WORKER_LOG = "WorkerLog"
    SERVER_LOG = "ServerLog"
    KEEPER_LOG = "KeeperLog"
    FUNCTIONS_LOG = "FunctionsLog"  # of a deployment with functions


@dataclass(frozen=True)
class Outputs:
    """All outputs of a stack, including those that this command does not know."""

    stack: str
    values: Mapping[str, str]

    @classmethod
    def parse(cls, stack: str, description: Mapping[str, object]) -> Self:
        """Read the outputs from CloudFormation's description of a stack."""
        outputs = description.get("Outputs") or []
        assert isinstance(outputs, list)
        return cls(stack, {each["OutputKey"]: each.get("OutputValue", "") for each in outputs})

    def __getitem__(self, name: Output) -> str:
        """Return an output; without it, raise."""
        if value := self.values.get(name):
            return value
        sentence = f"the stack {self.stack} has no output {name}: it is another stack or an older version"
        raise UserError(ExitCode.CONFIG, sentence, "name the right stack with --stack, or run ./longhand deploy")
