"""The network: subnets, gateway endpoints, and which part may reach which.

Postgres and the trigger are in isolated subnets. From there they reach the network itself and, by a gateway endpoint,
this account's buckets, but no other API of AWS. Tasks are in public subnets with an address each, or behind NAT.
"""

from typing import Final

from aws_cdk import Aws, NestedStack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from .acknowledgments import acknowledge
from .parts.firewall import Firewall
from .parts.logs import add_log_group
from .profile import Profile

_ZONES: Final = 2  # the database's subnet group needs two
_PUBLIC_SUBNETS: Final = ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24)
_PRIVATE_SUBNETS: Final = ec2.SubnetConfiguration(
    name="Private", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=22
)
_ISOLATED_SUBNETS: Final = ec2.SubnetConfiguration(
    name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24
)


class Network(NestedStack):
    """The VPC with its subnets, endpoints and security groups."""

    def __init__(self, scope: Construct, id: str, *, profile: Profile) -> None:
        super().__init__(scope, id)
        behind_nat = profile.nat_gateways > 0
        self.vpc: Final = ec2.Vpc(
            self,
            "Vpc",
            max_azs=_ZONES,
            nat_gateways=profile.nat_gateways,
            subnet_configuration=[_PUBLIC_SUBNETS, _ISOLATED_SUBNETS, *([_PRIVATE_SUBNETS] if behind_nat else [])],
            # It would add a Lambda function of the CDK. No resource of ours is in the default group.
            restrict_default_security_group=False,
        )
        self.tasks_are_public: Final = not behind_nat
        self.task_subnets: Final = ec2.SubnetSelection(
            subnet_group_name=(_PRIVATE_SUBNETS if behind_nat else _PUBLIC_SUBNETS).name
        )
        self.isolated_subnets: Final = ec2.SubnetSelection(subnet_group_name=_ISOLATED_SUBNETS.name)
        self.firewall: Final = Firewall(self, "Firewall", vpc=self.vpc)
        self._add_endpoints()
        self._record_flows(profile)

    def _add_endpoints(self) -> None:
        """Add two endpoints for S3. Tasks also reach buckets of other accounts, for images and documents."""
        self._add_endpoint("S3", self.task_subnets)
        isolated = self._add_endpoint("S3OfThisAccount", self.isolated_subnets)
        isolated.add_to_policy(
            iam.PolicyStatement(
                principals=[iam.AnyPrincipal()],
                actions=["s3:*"],
                resources=["*"],
                conditions={"StringEquals": {"aws:ResourceAccount": Aws.ACCOUNT_ID}},
            )
        )

    def _add_endpoint(self, name: str, subnets: ec2.SubnetSelection) -> ec2.GatewayVpcEndpoint:
        service = ec2.GatewayVpcEndpointAwsService.S3
        return self.vpc.add_gateway_endpoint(name, service=service, subnets=[subnets])

    def _record_flows(self, profile: Profile) -> None:
        if not profile.flow_logs:
            reason = "flow logs cost more than the rest of this profile's network; production has them"
            acknowledge(self.vpc, "AwsSolutions-VPC7", reason)
            return
        flows = add_log_group(self, "FlowLog", profile=profile)
        self.vpc.add_flow_log("Flows", destination=ec2.FlowLogDestination.to_cloud_watch_logs(flows))
