"""The workers: scaled with the work; the minimum runs on demand, the others on Spot if the profile allows it."""

from collections.abc import Mapping
from typing import Final

from aws_cdk import Aws, NestedStack
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from .acknowledgments import acknowledge, default_policy
from .choices import Choices
from .data import Data
from .functions import Functions
from .network import Network
from .parts.cell_environment import cell_environment, cell_tokens
from .parts.fargate import FargateService, Rollout, TaskPlacement
from .parts.keys import WORKER
from .parts.providers import grant_providers
from .parts.scaling import scale_workers
from .parts.webhook_secret import add_webhook_secret
from .parts.worker_container import add_worker
from .profile import Profile
from .server import Server


class Worker(NestedStack):
    """One Fargate service of a cell, with what its tasks may do in AWS."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        choices: Choices,
        network: Network,
        data: Data,
        servers: Mapping[str, Server],
        cell: str,
        functions: Functions | None,
        first: "Worker | None" = None,
    ) -> None:
        super().__init__(scope, id)
        profile, server = choices.profile, servers[cell]
        placement = TaskPlacement(network=network, cluster=server.cluster, security_group=network.firewall.worker)
        fargate = FargateService(self, "Worker", profile=profile, size=profile.worker, placement=placement)
        self.log, driver = fargate.add_log("Worker")
        token = server.keys.tokens[WORKER]
        arn = functions.arn if functions else None
        self.webhook_secret: Final[secrets.Secret] = (
            first.webhook_secret if first else add_webhook_secret(self, profile)
        )
        add_worker(
            fargate.task,
            choices=choices,
            url=server.url,
            data=data,
            token=token,
            webhook_secret=self.webhook_secret,
            decision_key=server.decision_key,
            function_arn=arn,
            cell_environment=cell_environment(choices, servers, own=cell),
            cell_tokens=cell_tokens(servers, WORKER, own=cell),
            log=driver,
        )
        _grant_access(fargate.task.task_role, choices=choices, data=data)
        if functions:
            functions.allow_invoking(fargate.task.task_role)
        # New tasks are up before old ones stop.
        rollout = Rollout(
            min_percent=100,
            max_percent=200,
            capacity_providers=_choose_capacity_providers(profile),
            has_exec=choices.operation.has_exec,
            rollback_alarms=(f"{choices.stack}-JobsFail",) if choices.operation.has_rollback_alarms else (),
        )
        self.service: Final = fargate.start("worker", rollout)
        scale_workers(self.service, choices, namespace=server.namespace)


def _grant_access(role: iam.IRole, *, choices: Choices, data: Data) -> None:
    data.documents.allow_processing(role)
    data.allow_notifying(role)
    grant_providers(role, choices.processing)
    for name in choices.source_buckets:
        bucket = f"arn:{Aws.PARTITION}:s3:::{name}"
        role.add_to_principal_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=[f"{bucket}/*"]))
        role.add_to_principal_policy(iam.PolicyStatement(actions=["s3:ListBucket"], resources=[bucket]))
        finding = f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::{name}/*]"
        reason = "the choice sourceBuckets lists this bucket: any of its objects may be a document"
        acknowledge(default_policy(role), finding, reason)
    for arn in choices.source_keys:
        # Only for objects: S3 decrypts them in the name of the worker.
        through = {"StringEquals": {"kms:ViaService": f"s3.{arn.split(':')[3]}.{Aws.URL_SUFFIX}"}}
        statement = iam.PolicyStatement(actions=["kms:Decrypt"], resources=[arn], conditions=through)
        role.add_to_principal_policy(statement)


def _choose_capacity_providers(profile: Profile) -> tuple[ecs.CapacityProviderStrategy, ...]:
    """Run the minimum of workers on demand, and the others on Spot if the profile allows it.

    ECS never replaces Spot by another capacity. So without Spot, the minimum of workers continues and can finish a
    deployment.
    """
    on_demand = ecs.CapacityProviderStrategy(capacity_provider="FARGATE", weight=1)
    if not profile.spot:
        return (on_demand,)
    spot = ecs.CapacityProviderStrategy(capacity_provider="FARGATE_SPOT", weight=1)
    base = ecs.CapacityProviderStrategy(capacity_provider="FARGATE", base=profile.min_workers, weight=0)
    return (spot, base)
