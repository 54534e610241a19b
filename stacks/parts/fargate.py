"""A Fargate service with our defaults: log retention, roles without permissions, deployments that roll back.

The caller adds the containers and chooses the number of tasks.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from aws_cdk import Tags
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.acknowledgments import acknowledge, default_policy
from stacks.network import Network
from stacks.profile import Profile, Size

from .exec import allow_exec
from .logs import add_log_group

PART: Final = "longhand:part"  # the tag by which our rules recognize a service; see stacks/rules
_ARCHITECTURES: Final = {"arm64": ecs.CpuArchitecture.ARM64, "x86_64": ecs.CpuArchitecture.X86_64}
_LINUX: Final = ecs.OperatingSystemFamily.LINUX


@dataclass(frozen=True, kw_only=True)
class TaskPlacement:
    """Where the tasks run."""

    network: Network
    cluster: ecs.ICluster
    security_group: ec2.ISecurityGroup


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """How many tasks run, within which percentages of that number during a deployment, and on which capacity."""

    min_percent: int
    max_percent: int
    count: int | None = None  # None if autoscaling sets it
    capacity_providers: tuple[ecs.CapacityProviderStrategy, ...] = ()
    cloud_map: ecs.CloudMapOptions | None = None  # the DNS name for clients
    has_exec: bool = False  # operators may open a shell in a task
    rollback_alarms: tuple[str, ...] = ()  # the names of alarms that end a deployment


def _digest(providers: tuple[ecs.CapacityProviderStrategy, ...]) -> str:
    """Return a digest of this strategy: ECS accepts another strategy only with a new deployment of the service."""
    words = (f"{one.capacity_provider}:{one.base or 0}:{one.weight or 0}" for one in providers)
    return sha256(",".join(words).encode()).hexdigest()[:12]


def _make_deployment_alarms(rollout: Rollout) -> ecs.DeploymentAlarmConfig | None:
    """Name the alarms: they watch this service, so they are created after it."""
    if not rollout.rollback_alarms:
        return None
    return ecs.DeploymentAlarmConfig(
        alarm_names=list(rollout.rollback_alarms), behavior=ecs.AlarmBehavior.ROLLBACK_ON_ALARM
    )


class FargateService(Construct):
    """A task definition, which the caller fills with containers before it calls `start`."""

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
                cpu_architecture=_ARCHITECTURES[profile.architecture], operating_system_family=_LINUX
            ),
        )
        acknowledge(
            self.task,
            "AwsSolutions-ECS2",
            "the environment holds names, addresses and numbers, and secrets only as references",
        )

    def add_log(self, name: str) -> tuple[logs.LogGroup, ecs.LogDriver]:
        """Add a log group for a container. A full buffer drops lines, and never blocks the program."""
        group = add_log_group(self, f"{name}Log", profile=self._profile)
        driver = ecs.LogDrivers.aws_logs(
            stream_prefix=name.lower(), log_group=group, mode=ecs.AwsLogDriverMode.NON_BLOCKING
        )
        return group, driver

    def start(self, part: str, rollout: Rollout) -> ecs.FargateService:
        """Run the task as a service; `part` is its tag for our rules."""
        network = self._placement.network
        service = ecs.FargateService(
            self,
            "Tasks",
            cluster=self._placement.cluster,
            task_definition=self.task,
            vpc_subnets=network.task_subnets,
            assign_public_ip=network.tasks_are_public,
            security_groups=[self._placement.security_group],
            circuit_breaker=ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
            deployment_alarms=_make_deployment_alarms(rollout),
            enable_execute_command=True if rollout.has_exec else None,
            desired_count=rollout.count,
            min_healthy_percent=rollout.min_percent,
            max_healthy_percent=rollout.max_percent,
            capacity_provider_strategies=list(rollout.capacity_providers) or None,
            cloud_map_options=rollout.cloud_map,
            force_new_deployment=ecs.ForceNewDeployment(enabled=True, nonce=_digest(rollout.capacity_providers))
            if rollout.capacity_providers
            else None,
            # Rebalancing would start a second server, and stop healthy workers, whose jobs repeat their step.
            availability_zone_rebalancing=ecs.AvailabilityZoneRebalancing.DISABLED,
        )
        if rollout.has_exec:
            allow_exec(self.task)
        Tags.of(service).add(PART, part)
        # The execution role pulls images; the CDK makes the service wait for the task role only.
        permissions = default_policy(self.task.obtain_execution_role())
        service.node.add_dependency(permissions)
        reason = "ecr:GetAuthorizationToken supports no resource"
        acknowledge(permissions, "AwsSolutions-IAM5[Resource::*]", reason)
        return service
