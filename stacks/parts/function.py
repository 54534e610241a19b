"""A Lambda function as we want each: ARM, our Python, a log group with an end, and a role that may do what is listed.

The managed policies of AWS are not used: they allow every function to write every log.
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

from .logs import log_group

ARCHITECTURE: Final = lambda_.Architecture.ARM_64
_RUNTIME: Final = lambda_.Runtime.PYTHON_3_13
# What Lambda does in the function's name to connect it to subnets. AWS offers no narrower resource for them.
_INTERFACES: Final = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
]


@dataclass(frozen=True, kw_only=True)
class VpcPlacement:
    """Where in the network a function is."""

    vpc: ec2.IVpc
    subnets: ec2.SubnetSelection
    group: ec2.ISecurityGroup


class Function(Construct):
    """`handler` is a dotted path; `environment` is all that it is told."""

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
        inside: VpcPlacement | None = None,
        key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, id)
        self.logs: Final = log_group(self, "Log", profile=profile)
        self.role: Final = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.logs.grant_write(self.role)
        if inside:
            self._allow_interfaces()
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
            role=self.role,
            log_group=self.logs,
            vpc=inside.vpc if inside else None,
            vpc_subnets=inside.subnets if inside else None,
            security_groups=[inside.group] if inside else None,
        )

        reason = "Python 3.13 is what everything is locked for, built for and tested with; AWS supports it until 2029"
        acknowledge(self.function, "AwsSolutions-L1", reason)

    def allow(self, actions: list[str], *resources: str) -> None:
        """Let it do these things to these resources."""
        self.role.add_to_policy(iam.PolicyStatement(actions=actions, resources=list(resources)))

    def _allow_interfaces(self) -> None:
        self.allow(_INTERFACES, "*")
        reason = (
            "network interfaces have no names before they are made; the function's subnets have no way to EC2's API"
        )
        acknowledge(default_policy(self.role), "AwsSolutions-IAM5[Resource::*]", reason)
