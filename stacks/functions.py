"""The function worker: durable workflows in a Lambda function that only our workers may invoke.

It has no address and no trigger. A worker hears of a task, and invokes the function by its role. The function reaches
the Resonate server, and nothing else.
"""

from typing import Final

from aws_cdk import Duration, NestedStack
from aws_cdk import aws_iam as iam
from constructs import Construct

from .choices import Choices
from .data import Data
from .function_code import function_code
from .network import Network
from .parts.function import ARCHITECTURE, Function, VpcPlacement
from .parts.keys import FUNCTIONS
from .server import Server

_ROOMS: Final = ("contract", "durable", "lambdas/functions")
_LOCK: Final = "lambdas/functions/requirements.txt"
_HANDLER: Final = "lambdas.functions.handler.handler"
_TIMEOUT: Final = Duration.minutes(5)  # a step that may take longer fails, and its error names it: it needs a worker


class Functions(NestedStack):
    """The function, deployed before the workers, which must know its ARN."""

    def __init__(
        self, scope: Construct, id: str, *, choices: Choices, network: Network, data: Data, server: Server
    ) -> None:
        super().__init__(scope, id)
        # Without a concurrency of its own: an account with a small limit can reserve none, and the workers bound it.
        self.function: Final = Function(
            self,
            "Function",
            profile=choices.profile,
            code=function_code(_ROOMS, _LOCK, architecture=ARCHITECTURE),
            handler=_HANDLER,
            description="Runs durable workflows, one task in each invocation",
            timeout=_TIMEOUT,
            memory=512,  # a third of a processor; half of it would double the cold start
            environment={
                "RESONATE_URL": server.url,
                "RESONATE_TOKEN": server.keys.tokens[FUNCTIONS].for_function(),
            },
            vpc_placement=VpcPlacement(
                vpc=network.vpc, subnets=network.isolated_subnets, security_group=network.firewall.functions
            ),
            key=data.key,
        )
        if data.key:
            data.key.grant_decrypt(self.function.role)  # of its environment

    @property
    def arn(self) -> str:
        """The address for invocations."""
        return self.function.function.function_arn

    def allow_invoking(self, role: iam.IRole) -> None:
        """Let the role invoke this function, and do nothing else with it."""
        role.add_to_principal_policy(iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=[self.arn]))
