"""The workers: as many as the work asks for, on Spot as far as the profile dares."""

from typing import Final

from aws_cdk import Aws, NestedStack
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct

from .acknowledged import acknowledge, policy_of
from .choices import Choices
from .data import Data
from .network import Network
from .parts.fleet import Fleet, Place, Rollout
from .parts.keys import WORKER
from .parts.providers import allow_asking
from .parts.scaling import scale
from .parts.worker_container import add_worker
from .profile import Profile
from .server import Server


class Worker(NestedStack):
    """One service."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        choices: Choices,
        network: Network,
        data: Data,
        server: Server,
    ) -> None:
        super().__init__(scope, id)
        profile = choices.profile
        place = Place(network=network, cluster=server.cluster, group=network.firewall.worker)
        fleet = Fleet(self, "Worker", profile=profile, size=profile.worker, place=place)
        self.log, driver = fleet.log("Worker")
        token = server.keys.tokens[WORKER]
        add_worker(fleet.task, choices=choices, url=server.url, data=data, token=token, log=driver)
        self._allow(fleet.task.task_role, choices=choices, data=data)
        # A new version is there before the old one leaves.
        rollout = Rollout(at_least=100, at_most=200, capacity=_capacity(profile))
        self.service: Final = fleet.start("worker", rollout)
        scale(self.service, profile=profile, namespace=choices.stack)

    def _allow(self, role: iam.IRole, *, choices: Choices, data: Data) -> None:
        data.documents.allow_working(role)
        data.allow_notifying(role)
        allow_asking(role, choices.work)
        for name in choices.source_buckets:
            bucket = f"arn:{Aws.PARTITION}:s3:::{name}"
            role.add_to_principal_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=[f"{bucket}/*"]))
            role.add_to_principal_policy(iam.PolicyStatement(actions=["s3:ListBucket"], resources=[bucket]))
            finding = f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::{name}/*]"
            acknowledge(policy_of(role), finding, "whoever deploys lets documents come from this bucket, any of them")


def _capacity(profile: Profile) -> tuple[ecs.CapacityProviderStrategy, ...]:
    """The first ones on demand, what is above them on Spot if that is dared."""
    on_demand = ecs.CapacityProviderStrategy(capacity_provider="FARGATE", weight=1)
    if not profile.spot:
        return (on_demand,)
    spot = ecs.CapacityProviderStrategy(capacity_provider="FARGATE_SPOT", weight=1)
    first = profile.workers_on_demand
    base = ecs.CapacityProviderStrategy(capacity_provider="FARGATE", base=first, weight=0)
    return (spot, base) if first else (spot,)
