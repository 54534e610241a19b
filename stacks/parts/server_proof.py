"""Proves a new server before the running one stops: a custom resource between the task and its service.

The function runs the new task once, with another database and the keeper as its prover. It fails the update if the
prover does not end with 0, before the service is changed. See docs/decisions, on the proof of a server.
"""

from typing import Final

from aws_cdk import Aws, CustomResource, Duration
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct

from contract.names import PROOF_DATABASE_SUFFIX
from stacks.acknowledgments import acknowledge, default_policy
from stacks.function_code import function_code
from stacks.profile import Profile

from .database import NAME
from .fargate import TaskPlacement
from .function import ARCHITECTURE, Function
from .keeper_container import KEEPER
from .server_container import SERVER

_HANDLER: Final = "lambdas.proof.handler.handler"
_ROOMS: Final = ("lambdas/proof", "lambdas/resource")
_PROVE: Final = ("prove",)
_TIMEOUT: Final = Duration.minutes(10)  # to pull two images and to start; a minute or two in our estimate


class ServerProof(Construct):
    """The function, and the custom resource that calls it when the server's task changes."""

    def __init__(
        self, scope: Construct, id: str, *, profile: Profile, task: ecs.FargateTaskDefinition, placement: TaskPlacement
    ) -> None:
        super().__init__(scope, id)
        function = Function(
            self,
            "ProofFunction",
            profile=profile,
            code=function_code(_ROOMS, "lambdas/keys/requirements.txt", architecture=ARCHITECTURE),
            handler=_HANDLER,
            description="Proves a new Resonate server before the running one stops",
            timeout=_TIMEOUT,
            memory=256,
        )
        self._grant(function, task, placement.cluster)
        self.custom_resource: Final = CustomResource(
            self,
            "CustomResource",
            service_token=function.function.function_arn,
            resource_type="Custom::ServerProof",
            service_timeout=_TIMEOUT.plus(Duration.minutes(1)),
            properties={"Prover": KEEPER, "Task": _run_task_request(task, placement)},
        )
        self.custom_resource.node.add_dependency(function, task)  # and on the policies of their roles

    def _grant(self, function: Function, task: ecs.FargateTaskDefinition, cluster: ecs.ICluster) -> None:
        task.grant_run(function.role)
        in_cluster = {"ArnEquals": {"ecs:cluster": cluster.cluster_arn}}
        actions = ["ecs:DescribeTasks", "ecs:StopTask"]
        function.role.add_to_policy(iam.PolicyStatement(actions=actions, resources=["*"], conditions=in_cluster))
        function.allow(["cloudformation:DescribeStacks"], Aws.STACK_ID)
        reason = "a task has no name before it runs; the condition limits it to the cluster"
        acknowledge(default_policy(function.role), "AwsSolutions-IAM5[Resource::*]", reason)


def _run_task_request(task: ecs.FargateTaskDefinition, placement: TaskPlacement) -> dict[str, object]:
    """Return the request for ECS. The server uses the proof's database, and the keeper proves it."""
    network = placement.network
    proof_database = [{"name": "DB_NAME", "value": f"{NAME}{PROOF_DATABASE_SUFFIX}"}]
    return {
        "cluster": placement.cluster.cluster_name,
        "taskDefinition": task.task_definition_arn,
        "launchType": "FARGATE",
        "startedBy": "longhand proof",
        "networkConfiguration": {
            "awsvpcConfiguration": {
                "subnets": network.vpc.select_subnets(
                    subnet_group_name=network.task_subnets.subnet_group_name
                ).subnet_ids,
                "securityGroups": [placement.security_group.security_group_id],
                "assignPublicIp": "ENABLED" if network.tasks_are_public else "DISABLED",
            }
        },
        "overrides": {
            "containerOverrides": [
                {"name": SERVER, "environment": proof_database},
                {"name": KEEPER, "environment": proof_database, "command": list(_PROVE)},
            ]
        },
    }
