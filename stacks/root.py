"""The one stack of the app, so `cdk deploy` needs no name: nested stacks in the order of their deployment."""

from collections.abc import Callable, Mapping
from typing import Final

from aws_cdk import CfnOutput, CfnParameter, Stack
from constructs import Construct

from .acknowledgments import acknowledge
from .api import Api
from .choices import KEYS, Choices
from .data import Data
from .functions import Functions
from .network import Network
from .observability import Observability
from .server import Server
from .worker import Worker


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
        self.data: Final = Data(self, "Data", choices=choices, network=self.network)
        self.server: Final = Server(self, "Server", choices=choices, network=self.network, data=self.data)
        self.functions: Final = self._add_functions()
        self.worker: Final = Worker(
            self,
            "Worker",
            choices=choices,
            network=self.network,
            data=self.data,
            server=self.server,
            functions=self.functions,
        )
        self.api: Final = Api(self, "Api", choices=choices, network=self.network, data=self.data, server=self.server)
        # Workers that know a new version run before a client can create a job of it.
        self.api.add_stack_dependency(self.worker)
        self.observability: Final = Observability(
            self,
            "Observability",
            choices=choices,
            data=self.data,
            server=self.server,
            worker=self.worker,
            api=self.api,
            functions=self.functions,
        )
        for name, value in OUTPUTS.items():
            CfnOutput(self, name, value=value(self))
        if self.functions:
            CfnOutput(self, "FunctionsLog", value=self.functions.function.logs.log_group_name)
        CfnOutput(self, "Choices", value=" ".join(f"{key}={value}" for key, value in recorded.items()))

    def _add_functions(self) -> Functions | None:
        if not self.choices.has_functions:
            return None
        return Functions(
            self, "Functions", choices=self.choices, network=self.network, data=self.data, server=self.server
        )


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
    "DocumentsBucket": lambda root: root.data.documents.bucket.bucket_name,
    "JobEventsTopic": lambda root: root.data.job_events.topic_arn,
    "NoticeChannel": lambda root: root.data.notice_channel,
    "AlarmsTopic": lambda root: root.observability.alarms.topic_arn,
    "Dashboard": lambda root: root.observability.dashboard.dashboard_name,
    "Cluster": lambda root: root.server.cluster.cluster_name,
    "ServerTasks": lambda root: root.server.service.service_name,
    "WorkerTasks": lambda root: root.worker.service.service_name,
    "WorkerLog": lambda root: root.worker.log.log_group_name,
    "TriggerLog": lambda root: root.api.trigger.logs.log_group_name,
    "ServerLog": lambda root: root.server.log.log_group_name,
    "KeeperLog": lambda root: root.server.keeper_log.log_group_name,
    # For the keys of clients' receivers.
    "WebhookSecret": lambda root: root.worker.webhook_secret.secret_arn,
    # For the rotation of keys, and for restoring the database.
    "SigningKeySecret": lambda root: root.server.keys.signing.secret_arn,
    "DecisionKeySecret": lambda root: root.server.decision_key.secret.secret_arn,
    "Database": lambda root: root.data.database.instance.instance_identifier,
    "DatabaseSecret": lambda root: root.data.database.secret.secret_arn,
}
