"""The one stack, so that `cdk deploy` needs no name: six nested ones, in the order in which they may come up."""

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
    """Everything."""

    def __init__(self, scope: Construct, *, choices: Choices) -> None:
        profile = choices.profile
        super().__init__(
            scope,
            choices.stack,
            description="Longhand: durable document work",
            # The database refuses to be deleted, too, but only when half of what is around it is gone.
            termination_protection=profile.keep_data,
        )
        self.network: Final = Network(self, "Network", profile=profile)
        self.data: Final = Data(self, "Data", profile=profile, network=self.network)
        self.server: Final = Server(self, "Server", choices=choices, network=self.network, data=self.data)
        self.worker: Final = Worker(
            self, "Worker", choices=choices, network=self.network, data=self.data, server=self.server
        )
        self.api: Final = Api(self, "Api", choices=choices, network=self.network, data=self.data, server=self.server)
        # Workers that know a new version are there before anybody can create a job of it.
        self.api.add_stack_dependency(self.worker)
        self.observability: Final = Observability(
            self,
            "Observability",
            choices=choices,
            data=self.data,
            server=self.server,
            worker=self.worker,
            api=self.api,
        )
        self._tell(choices)

    def _tell(self, choices: Choices) -> None:
        """Print what a client and the longhand command need to know."""
        known = {
            "ApiUrl": self.api.url,
            "ApiAuth": choices.auth.mode,
            "Profile": choices.profile.name,
            "DocumentsBucket": self.data.documents.bucket.bucket_name,
            "JobEventsTopic": self.data.job_events.topic_arn,
            "AlarmsTopic": self.observability.alarms.topic_arn,
            "Dashboard": self.observability.dashboard.dashboard_name,
            "Cluster": self.server.cluster.cluster_name,
            "ServerTasks": self.server.service.service_name,
            "WorkerTasks": self.worker.service.service_name,
            "WorkerLog": self.worker.log.log_group_name,
            "TriggerLog": self.api.trigger.logs.log_group_name,
            "ServerLog": self.server.log.log_group_name,
            "KeeperLog": self.server.keeper_log.log_group_name,
            # What a rotation and a restore begin with.
            "SigningKeySecret": self.server.keys.signing.secret_arn,
            "Database": self.data.database.instance.instance_identifier,
            "DatabaseSecret": self.data.database.secret.secret_arn,
        }
        for name, value in known.items():
            CfnOutput(self, name, value=value)
