"""The one stack of the app, so `cdk deploy` needs no name: nested stacks in the order of their deployment."""

from collections.abc import Callable, Mapping
from typing import Final

from aws_cdk import CfnOutput, CfnParameter, Stack
from constructs import Construct

from .acknowledgments import acknowledge
from .api import Api
from .cell import Cell, add_cells
from .choices import KEYS, Choices
from .network import Network
from .observability import CellObservability, Observability


class Root(Stack):
    """All nested stacks, and the outputs of the deployment."""

    def __init__(self, scope: Construct, *, choices: Choices) -> None:
        self.choices: Final = choices
        profile = choices.profile
        super().__init__(
            scope,
            choices.stack,
            description="Longhand: durable document work",
            # The database is protected as well, but a deletion would fail only after half of the stack was gone.
            termination_protection=profile.keep_data,
        )
        acknowledge(self, "CloudFormation-Validate::W2509", "llmKeySecret is the ARN of a secret, and never its value")
        recorded = {key: _record(self, key, value) for key, value in choices.recorded.items()}
        self.network: Final = Network(self, "Network", profile=profile)
        self.cells: Final = add_cells(self, choices=choices, network=self.network)
        self.first: Final = self.cells[0]
        servers = {cell.name: cell.server for cell in self.cells}
        self.api: Final = Api(self, "Api", choices=choices, network=self.network, data=self.first.data, servers=servers)
        # Workers that know a new version run before a client can create a job of it.
        for cell in self.cells:
            self.api.add_stack_dependency(cell.worker)
        self.observability: Final = Observability(self, "Observability", choices=choices, cell=self.first, api=self.api)
        if self.cells[1:]:
            acknowledge(self, "Longhand::W2509", "workers get the secret of webhooks by its ARN, and never its value")
        for cell in self.cells[1:]:
            own = f"Observability{cell.suffix}"
            CellObservability(self, own, choices=choices, cell=cell, api=self.api, shared=self.observability)
        for name, value in OUTPUTS.items():
            CfnOutput(self, name, value=value(self))
        for cell in self.cells:
            _add_outputs(self, cell)
        if console := self.api.console:
            CfnOutput(self, "ConsoleUrl", value=console.site.address)
            CfnOutput(self, "UserPool", value=console.users.pool.user_pool_id)
        if self.api.domain_target:
            CfnOutput(self, "DomainTarget", value=self.api.domain_target)
        CfnOutput(self, "Choices", value=" ".join(f"{key}={value}" for key, value in recorded.items()))


def _add_outputs(scope: Construct, cell: Cell) -> None:
    """Add the outputs of a cell; the names of those of a further cell end with its number."""
    for name, value in CELL_OUTPUTS.items():
        CfnOutput(scope, f"{name}{cell.suffix}", value=value(cell))
    if cell.functions:
        CfnOutput(scope, f"FunctionsLog{cell.suffix}", value=cell.functions.function.logs.log_group_name)


def _record(scope: Construct, key: str, value: str) -> str:
    """Record a choice as a parameter of the stack that permits only this value.

    The CDK's command line passes the values of the deployed stack again. So CloudFormation refuses a template with
    another choice before it changes anything, unless the new value is passed on purpose.
    """
    parameter = CfnParameter(
        scope,
        f"Choice{key[0].upper()}{key[1:]}",
        description=KEYS[key],
        default=value,
        allowed_values=[value],
        constraint_description=f"must stay as deployed: pass -c {key}=... with the deployed value,"
        f" or deploy with ./longhand deploy, which keeps it. This deployment has {value}.",
    )
    return parameter.value_as_string


# What clients, operators and the longhand command need to know.
OUTPUTS: Final[Mapping[str, Callable[[Root], str]]] = {
    "ApiUrl": lambda root: root.api.url,
    "ApiAuth": lambda root: root.choices.auth.mode,
    "Profile": lambda root: root.choices.profile.name,
    "DocumentsBucket": lambda root: root.first.data.documents.bucket.bucket_name,
    "JobEventsTopic": lambda root: root.first.data.job_events.topic_arn,
    "NoticeChannel": lambda root: root.first.data.notice_channel,
    "AlarmsTopic": lambda root: root.observability.alarms.topic_arn,
    "Dashboard": lambda root: root.observability.dashboard.dashboard_name,
    "Cluster": lambda root: root.first.server.cluster.cluster_name,
    "TriggerLog": lambda root: root.api.trigger.logs.log_group_name,
    # For the keys of clients' receivers.
    "WebhookSecret": lambda root: root.first.worker.webhook_secret.secret_arn,
    # For the rotation of keys.
    "DecisionKeySecret": lambda root: root.first.server.decision_key.secret.secret_arn,
}
CELL_OUTPUTS: Final[Mapping[str, Callable[[Cell], str]]] = {
    "ServerTasks": lambda cell: cell.server.service.service_name,
    "WorkerTasks": lambda cell: cell.worker.service.service_name,
    "WorkerLog": lambda cell: cell.worker.log.log_group_name,
    "ServerLog": lambda cell: cell.server.log.log_group_name,
    "KeeperLog": lambda cell: cell.server.keeper_log.log_group_name,
    # For the rotation of keys, and for restoring the database.
    "SigningKeySecret": lambda cell: cell.server.keys.signing.secret_arn,
    "Database": lambda cell: cell.data.database.instance.instance_identifier,
    "DatabaseSecret": lambda cell: cell.data.database.secret.secret_arn,
}
