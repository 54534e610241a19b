"""Who may reach whom: every security group, and every rule between them.

They stand here and nowhere else: a rule that a later stack adds to a group of this one closes a circle between stacks.
"""

from typing import Final

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from stacks import ports


class Firewall(Construct):
    """One group for each part. Nobody outside may open a connection to any of them."""

    def __init__(self, scope: Construct, id: str, *, vpc: ec2.IVpc) -> None:
        super().__init__(scope, id)
        self._vpc: Final = vpc
        self.database: Final = self._group("Database", "Postgres")
        self.server: Final = self._group("Server", "the Resonate server and its keeper")
        self.worker: Final = self._group("Worker", "workers")
        self.trigger: Final = self._group("Trigger", "the function behind the API")

        # The server believes whoever reaches its port and holds a token: only these two do.
        self._allow(self.trigger, self.server, ports.SERVER)
        self._allow(self.worker, self.server, ports.SERVER)
        self._allow(self.server, self.database, ports.DATABASE)

        # The APIs of AWS, images, and for the worker the documents. The trigger's subnets have no route but to our S3.
        for group in (self.server, self.worker, self.trigger):
            group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(ports.HTTPS), "APIs of AWS and https documents")

    def _group(self, name: str, what: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(self, name, vpc=self._vpc, description=what, allow_all_outbound=False)

    def _allow(self, client: ec2.SecurityGroup, server: ec2.SecurityGroup, port: int) -> None:
        words = f"{client.node.id} to {server.node.id}"
        client.add_egress_rule(server, ec2.Port.tcp(port), words)
        server.add_ingress_rule(client, ec2.Port.tcp(port), words)
