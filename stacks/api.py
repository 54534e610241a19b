"""What clients call: the HTTP API and the trigger behind it, in isolated subnets."""

from typing import Final

from aws_cdk import Annotations, Duration, NestedStack
from constructs import Construct

from .choices import Choices
from .data import Data
from .function_code import function_code
from .network import Network
from .parts.function import ARCHITECTURE, Function, VpcPlacement
from .parts.http_api import HttpApi
from .parts.keys import TRIGGER
from .server import Server

_ROOMS: Final = ("contract", "wire", "lambdas/trigger")
_LOCK: Final = "lambdas/trigger/requirements.txt"
_HANDLER: Final = "lambdas.trigger.handler.handler"
_OPEN: Final = "auth=none: whoever knows the address can send jobs and read results; say -c auth=iam or -c auth=jwt"


class Api(NestedStack):
    """It comes last: nobody may create a job of a version that no worker knows yet."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        choices: Choices,
        network: Network,
        data: Data,
        server: Server,
    ) -> None:
        super().__init__(scope, id)
        self.trigger: Final = Function(
            self,
            "Trigger",
            profile=choices.profile,
            code=function_code(_ROOMS, _LOCK, architecture=ARCHITECTURE),
            handler=_HANDLER,
            description="Records a job, and says how far it is",
            timeout=Duration.seconds(20),  # the client of the engine gives up earlier, API Gateway after 30 seconds
            memory=512,  # a third of a processor: half the memory would double the cold start
            environment={
                "RESONATE_URL": server.url,
                "RESONATE_TOKEN": server.keys.tokens[TRIGGER].for_function(),
                "STORE_URL": f"s3://{data.documents.bucket.bucket_name}",
                **_known_types(choices),
            },
            inside=VpcPlacement(vpc=network.vpc, subnets=network.isolated_subnets, group=network.firewall.trigger),
            key=data.key,
        )
        data.documents.allow_reading_progress(self.trigger.role)
        self.http_api: Final = HttpApi(self, "Front", choices=choices, function=self.trigger.function)
        if choices.auth.mode == "none":
            Annotations.of(self).add_warning_v2("longhand:open-api", _OPEN)

    @property
    def url(self) -> str:
        """Where requests go."""
        return self.http_api.api.api_endpoint


def _known_types(choices: Choices) -> dict[str, str]:
    """Name the types that requests may be of, beside those that are always there."""
    types = choices.processing.types
    return {"KNOWN_TYPES": ",".join(types.names)} if types else {}
