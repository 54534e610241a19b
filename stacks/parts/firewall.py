"""Which parts may connect: every security group, and every rule between them.

All rules are here: a rule that a later stack adds to a group of this one makes the stacks depend on each other.
"""

from typing import Final

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from stacks import ports

# A rule that no packet matches. A group without a rule of its own in its template may connect to any address.
_NO_TRAFFIC: Final = {
    "CidrIp": "255.255.255.255/32",
    "Description": "Disallow all traffic",
    "FromPort": 252,
    "IpProtocol": "icmp",
    "ToPort": 86,
}


class Firewall(Construct):
    """One security group for each part. None accepts connections from outside the network."""

    def __init__(self, scope: Construct, id: str, *, vpc: ec2.IVpc) -> None:
        super().__init__(scope, id)
        self._vpc: Final = vpc
        self.database: Final = self._add_group("Database", "Postgres")
        self.server: Final = self._add_group("Server", "the Resonate server and its keeper")
        self.worker: Final = self._add_group("Worker", "workers")
        self.trigger: Final = self._add_group("Trigger", "the function behind the API")
        self.functions: Final = self._add_group("Functions", "the function that runs workflows")

        # The server trusts every client that reaches its port with a token: only these three can.
        self._allow(self.trigger, self.server, ports.SERVER)
        self._allow(self.worker, self.server, ports.SERVER)
        self._allow(self.functions, self.server, ports.SERVER)
        # The keeper answers the trigger's queries, and no other client's.
        self._allow(self.trigger, self.server, ports.KEEPER)
        self._allow(self.server, self.database, ports.DATABASE)

        # APIs of AWS, images, and the worker's documents. The trigger's subnets have no route except to our S3.
        for group in (self.server, self.worker, self.trigger):
            group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(ports.HTTPS), "APIs of AWS and https documents")
        _refuse_all_else(self.functions)

    def _add_group(self, name: str, description: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(self, name, vpc=self._vpc, description=description, allow_all_outbound=False)

    def _allow(self, client: ec2.SecurityGroup, server: ec2.SecurityGroup, port: int) -> None:
        description = f"{client.node.id} to {server.node.id}"
        client.add_egress_rule(server, ec2.Port.tcp(port), description)
        server.add_ingress_rule(client, ec2.Port.tcp(port), description)


def _refuse_all_else(group: ec2.SecurityGroup) -> None:
    """Refuse every connection but those to other groups, which are resources of their own."""
    resource = group.node.default_child
    assert isinstance(resource, ec2.CfnSecurityGroup)
    resource.add_property_override("SecurityGroupEgress", [_NO_TRAFFIC])
