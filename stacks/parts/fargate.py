"""Tasks on Fargate as we want them: logs with an end, roles that start with nothing, a rollout that can go back.

What runs in them, and how many, is the caller's to say.
"""

from dataclasses import dataclass
from typing import Final

from aws_cdk import Tags
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.acknowledgments import acknowledge, default_policy
from stacks.network import Network
from stacks.profile import Profile, Size

from .logs import log_group

PART: Final = "longhand:part"  # the tag that our rules know a service by; see stacks/rules
_MACHINES: Final = {"arm64": ecs.CpuArchitecture.ARM64, "x86_64": ecs.CpuArchitecture.X86_64}
_LINUX: Final = ecs.OperatingSystemFamily.LINUX


@dataclass(frozen=True, kw_only=True)
class TaskPlacement:
    """Where tasks run."""

    network: Network
    cluster: ecs.ICluster
    group: ec2.ISecurityGroup


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """How many there are, also while one version takes another's place, and on what; in percent of their number."""

    min_percent: int
    max_percent: int
    count: int | None = None  # none is said where something scales them
    capacity: tuple[ecs.CapacityProviderStrategy, ...] = ()
    cloud_map: ecs.CloudMapOptions | None = None  # under which others find them


class FargateService(Construct):
    """A task definition; `add_log` and `start` are called when it has its containers."""

    def __init__(self, scope: Construct, id: str, *, profile: Profile, size: Size, placement: TaskPlacement) -> None:
        super().__init__(scope, id)
        self._profile: Final = profile
        self._placement: Final = placement
        self.task: Final = ecs.FargateTaskDefinition(
            self,
            "Task",
            cpu=size.cpu,
            memory_limit_mib=size.memory,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=_MACHINES[profile.machine], operating_system_family=_LINUX
            ),
        )
        acknowledge(
            self.task,
            "AwsSolutions-ECS2",
            "what is in the environment is no secret: names, addresses, numbers; secrets are references",
        )

    def add_log(self, name: str) -> tuple[logs.LogGroup, ecs.LogDriver]:
        """Give a container a log group. When its buffer is full, lines are dropped, and the program goes on."""
        group = log_group(self, f"{name}Log", profile=self._profile)
        driver = ecs.LogDrivers.aws_logs(
            stream_prefix=name.lower(), log_group=group, mode=ecs.AwsLogDriverMode.NON_BLOCKING
        )
        return group, driver

    def start(self, part: str, rollout: Rollout) -> ecs.FargateService:
        """Run it as a service; `part` says to our rules which it is."""
        network = self._placement.network
        service = ecs.FargateService(
            self,
            "Tasks",
            cluster=self._placement.cluster,
            task_definition=self.task,
            vpc_subnets=network.task_subnets,
            assign_public_ip=network.tasks_are_public,
            security_groups=[self._placement.group],
            circuit_breaker=ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
            desired_count=rollout.count,
            min_healthy_percent=rollout.min_percent,
            max_healthy_percent=rollout.max_percent,
            capacity_provider_strategies=list(rollout.capacity) or None,
            cloud_map_options=rollout.cloud_map,
            # It would start a second server; and stop workers that do nothing wrong, whose jobs begin their step again.
            availability_zone_rebalancing=ecs.AvailabilityZoneRebalancing.DISABLED,
        )
        Tags.of(service).add(PART, part)
        # The role that pulls images; a task's own role is another, and for that one the CDK waits by itself.
        permissions = default_policy(self.task.obtain_execution_role())
        service.node.add_dependency(permissions)
        reason = "signing in to the registry of images has no resource"
        acknowledge(permissions, "AwsSolutions-IAM5[Resource::*]", reason)
        return service
