"""The outputs of the stack; the CDK app writes them and this command reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from contract.cells import FIRST_CELL, MAX_CELLS
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
    FUNCTIONS_LOG = "FunctionsLog"  # only a deployment with functions has this log


_FURTHER_CELLS: Final = tuple(str(number) for number in range(2, MAX_CELLS + 1))


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

    def list_cells(self, name: Output) -> dict[str, str]:
        """Return an output of each cell by the cell's number; the first one's name has none."""
        further = {cell: value for cell in _FURTHER_CELLS if (value := self.values.get(f"{name}{cell}"))}
        return {FIRST_CELL: self[name], **further}

    def of_cell(self, name: Output, cell: str) -> str:
        """Return an output of one cell; without that cell, raise."""
        cells = self.list_cells(name)
        if cell not in cells:
            sentence = f"the stack {self.stack} has no cell {cell}"
            raise UserError(ExitCode.CONFIG, sentence, f"its cells are {', '.join(cells)}")
        return cells[cell]

    def __getitem__(self, name: Output) -> str:
        """Return an output; without it, raise."""
        if value := self.values.get(name):
            return value
        sentence = f"the stack {self.stack} has no output {name}: it is another stack or an older version"
        raise UserError(ExitCode.CONFIG, sentence, "name the right stack with --stack, or run ./longhand deploy")
