"""The one stack of the app, so `cdk deploy` needs no name: six nested stacks in the order of their deployment."""

from collections.abc import Callable, Mapping
from typing import Final

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from .api import Api
from .choices import Choices
from .data import Data
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
        self.network: Final = Network(self, "Network", profile=profile)
        self.data: Final = Data(self, "Data", profile=profile, network=self.network)
        self.server: Final = Server(self, "Server", choices=choices, network=self.network, data=self.data)
        self.worker: Final = Worker(
            self, "Worker", choices=choices, network=self.network, data=self.data, server=self.server
        )
        self.api: Final = Api(self, "Api", choices=choices, network=self.network, data=self.data, server=self.server)
        # Workers that know a new version run before a client can create a job of it.
        self.api.add_stack_dependency(self.worker)
        self.observability: Final = Observability(
            self, "Observability", choices=choices, data=self.data, server=self.server, worker=self.worker, api=self.api
        )
        for name, value in OUTPUTS.items():
            CfnOutput(self, name, value=value(self))


# What clients, operators and the longhand command need to know.
OUTPUTS: Final[Mapping[str, Callable[[Root], str]]] = {
    "ApiUrl": lambda root: root.api.url,
    "ApiAuth": lambda root: root.choices.auth.mode,
    "Profile": lambda root: root.choices.profile.name,
    "DocumentsBucket": lambda root: root.data.documents.bucket.bucket_name,
    "JobEventsTopic": lambda root: root.data.job_events.topic_arn,
    "AlarmsTopic": lambda root: root.observability.alarms.topic_arn,
    "Dashboard": lambda root: root.observability.dashboard.dashboard_name,
    "Cluster": lambda root: root.server.cluster.cluster_name,
    "ServerTasks": lambda root: root.server.service.service_name,
    "WorkerTasks": lambda root: root.worker.service.service_name,
    "WorkerLog": lambda root: root.worker.log.log_group_name,
    "TriggerLog": lambda root: root.api.trigger.logs.log_group_name,
    "ServerLog": lambda root: root.server.log.log_group_name,
    "KeeperLog": lambda root: root.server.keeper_log.log_group_name,
    # For the rotation of keys, and for restoring the database.
    "SigningKeySecret": lambda root: root.server.keys.signing.secret_arn,
    "Database": lambda root: root.data.database.instance.instance_identifier,
    "DatabaseSecret": lambda root: root.data.database.secret.secret_arn,
}
