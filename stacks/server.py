"""The Resonate server with its keeper: exactly one task, because two on one database take each other's messages.

ECS does not guarantee "at most one"; a short overlap delays messages and loses none.
"""

from typing import Final

from aws_cdk import Duration, NestedStack
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_servicediscovery as discovery
from constructs import Construct

from contract.cells import FIRST_CELL

from . import ports
from .acknowledgments import acknowledge
from .choices import Choices
from .data import Data
from .network import Network
from .parts.decision_key import DecisionKey
from .parts.fargate import FargateService, Rollout, TaskPlacement
from .parts.keeper_container import add_keeper
from .parts.keys import FUNCTIONS, TRIGGER, WORKER, Keys
from .parts.server_container import add_server
from .parts.server_proof import ServerProof
from .profile import Profile

_NAME: Final = "server"
_DNS_TTL: Final = Duration.seconds(10)  # for so long, clients may still call the address of the previous task


class Server(NestedStack):
    """The cluster, the keys, the server's DNS name, and its service. Further cells use the cluster of the first."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        choices: Choices,
        network: Network,
        data: Data,
        cell: str = FIRST_CELL,
        first: "Server | None" = None,
    ) -> None:
        super().__init__(scope, id)
        profile = choices.profile
        domain = f"{name_cell(choices.stack, cell).lower()}.internal"
        self.namespace: Final = name_cell(choices.stack, cell)  # the metrics' namespace of the keeper's gauges
        self.url: Final = f"http://{_NAME}.{domain}:{ports.SERVER}"
        self.keeper_url: Final = f"http://{_NAME}.{domain}:{ports.KEEPER}"
        self.cluster: Final[ecs.Cluster] = first.cluster if first else self._add_cluster(network, profile)
        self.keys: Final = Keys(
            self, "Keys", profile=profile, rotation=choices.rotation, clients=_list_clients(choices)
        )
        self.decision_key: Final[DecisionKey] = first.decision_key if first else self._add_decision_key(choices)
        placement = TaskPlacement(network=network, cluster=self.cluster, security_group=network.firewall.server)
        fargate = FargateService(self, "Server", profile=profile, size=profile.server, placement=placement)
        self.log, driver = fargate.add_log("Server")
        add_server(fargate.task, choices=choices, url=self.url, data=data, keys=self.keys, log=driver)
        self.keeper_log, driver = fargate.add_log("Keeper")
        add_keeper(fargate.task, profile=profile, namespace=self.namespace, data=data, keys=self.keys, log=driver)
        names = discovery.PrivateDnsNamespace(self, "Names", name=domain, vpc=network.vpc)
        cloud_map = ecs.CloudMapOptions(
            cloud_map_namespace=names,
            name=_NAME,
            dns_record_type=discovery.DnsRecordType.A,
            dns_ttl=_DNS_TTL,
            failure_threshold=1,
        )
        # The old task stops before the new one starts.
        self.service: Final = fargate.start(
            "server",
            Rollout(count=1, min_percent=0, max_percent=100, cloud_map=cloud_map, has_exec=choices.operation.has_exec),
        )
        proof = ServerProof(self, "Proof", profile=profile, task=fargate.task, placement=placement)
        self.service.node.add_dependency(self.keys.custom_resource, proof.custom_resource)

    def _add_decision_key(self, choices: Choices) -> DecisionKey:
        return DecisionKey(self, "DecisionKey", profile=choices.profile, rotation=choices.rotation)

    def _add_cluster(self, network: Network, profile: Profile) -> ecs.Cluster:
        insights = profile.container_insights
        mode = ecs.ContainerInsights.ENABLED if insights else ecs.ContainerInsights.DISABLED
        cluster = ecs.Cluster(
            self, "Cluster", vpc=network.vpc, container_insights_v2=mode, enable_fargate_capacity_providers=True
        )
        if not insights:
            reason = "Container Insights costs more than the server itself in this profile; production has it"
            acknowledge(cluster, "AwsSolutions-ECS4", reason)
        return cluster


def name_cell(stack: str, cell: str) -> str:
    """Return the name of a cell in metrics, alarms and DNS: that of the stack for the first one."""
    return stack if cell == FIRST_CELL else f"{stack}-cell-{cell}"


def _list_clients(choices: Choices) -> tuple[str, ...]:
    """Return the programs with a token for the server."""
    return TRIGGER, WORKER, *([FUNCTIONS] if choices.has_functions else [])
