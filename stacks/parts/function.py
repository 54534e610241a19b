"""A Lambda function with our defaults: ARM, our Python, log retention, and a role with listed permissions only.

It uses no managed policies of AWS, because they allow every function to write every log.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.acknowledgments import acknowledge, default_policy
from stacks.profile import Profile

from .logs import add_log_group

ARCHITECTURE: Final = lambda_.Architecture.ARM_64
_RUNTIME: Final = lambda_.Runtime.PYTHON_3_13
# Lambda uses them to connect the function to subnets. AWS offers no narrower resource for them.
_NETWORK_ACTIONS: Final = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
]


@dataclass(frozen=True, kw_only=True)
class VpcPlacement:
    """Where in the network a function runs."""

    vpc: ec2.IVpc
    subnets: ec2.SubnetSelection
    security_group: ec2.ISecurityGroup


class Function(Construct):
    """A function. `handler` is a dotted path; `environment` holds all its variables."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        profile: Profile,
        code: lambda_.Code,
        handler: str,
        description: str,
        timeout: Duration,
        memory: int,
        environment: Mapping[str, str] | None = None,
        vpc_placement: VpcPlacement | None = None,
        key: kms.IKey | None = None,
        concurrency: int | None = None,
    ) -> None:
        super().__init__(scope, id)
        self.logs: Final = add_log_group(self, "Log", profile=profile)
        self.role: Final = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.logs.grant_write(self.role)
        if vpc_placement:
            self._allow_network_interfaces()
        self.function: Final = lambda_.Function(
            self,
            "Function",
            code=code,
            handler=handler,
            description=description,
            runtime=_RUNTIME,
            architecture=ARCHITECTURE,
            timeout=timeout,
            memory_size=memory,
            environment=dict(environment or {}),
            environment_encryption=key,
            reserved_concurrent_executions=concurrency,
            role=self.role,
            log_group=self.logs,
            vpc=vpc_placement.vpc if vpc_placement else None,
            vpc_subnets=vpc_placement.subnets if vpc_placement else None,
            security_groups=[vpc_placement.security_group] if vpc_placement else None,
        )

        reason = "all packages are locked, built and tested for Python 3.13; AWS supports it until 2029"
        acknowledge(self.function, "AwsSolutions-L1", reason)

    def allow(self, actions: list[str], *resources: str) -> None:
        """Allow the role these actions on these resources."""
        self.role.add_to_policy(iam.PolicyStatement(actions=actions, resources=list(resources)))

    def _allow_network_interfaces(self) -> None:
        self.allow(_NETWORK_ACTIONS, "*")
        reason = "network interfaces have no names before they exist; the function's subnets cannot reach EC2's API"
        acknowledge(default_policy(self.role), "AwsSolutions-IAM5[Resource::*]", reason)
