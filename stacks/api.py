"""The HTTP API, the trigger behind it in isolated subnets, and by choice the console before it."""

from collections.abc import Mapping
from typing import Final

from aws_cdk import Annotations, Duration, NestedStack
from aws_cdk.aws_lambda_event_sources import SqsEventSource
from constructs import Construct

from contract.cells import FIRST_CELL

from .choices import Choices
from .data import Data
from .function_code import function_code
from .network import Network
from .parts.cell_environment import cell_environment, cell_tokens, keeper_environment
from .parts.console import Console
from .parts.function import ARCHITECTURE, Function, VpcPlacement
from .parts.http_api import HttpApi
from .parts.keys import TRIGGER
from .parts.users import ADMIN_GROUP
from .server import Server
from .web_choices import WebChoices

_ROOMS: Final = ("contract", "durable/history", "durable/wire", "lambdas/trigger")
_LOCK: Final = "lambdas/trigger/requirements.txt"
_HANDLER: Final = "lambdas.trigger.handler.handler"
_INBOX_HANDLER: Final = "lambdas.trigger.inbox_handler.handler"
_TIMEOUT_SECONDS: Final = 20
_HELD_ANSWER_SECONDS: Final = 10  # for the last answer of a held request: two reads take 4.5 seconds each at most
_INBOX_FILES: Final = 10  # of a call; each takes 4.5 seconds at most while the server is down
_INBOX_TIMEOUT: Final = Duration.seconds(60)
_OPEN_API_WARNING: Final = (
    "auth=none: any client that knows the address can send jobs and read results;"
    " deploy with -c auth=iam or -c auth=jwt to close it"
)


class Api(NestedStack):
    """The API and its trigger. Deployed after the workers, which then know every version that it starts."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        choices: Choices,
        network: Network,
        data: Data,
        servers: Mapping[str, Server],
    ) -> None:
        super().__init__(scope, id)
        server = servers[FIRST_CELL]
        code = function_code(_ROOMS, _LOCK, architecture=ARCHITECTURE)
        placement = VpcPlacement(
            vpc=network.vpc, subnets=network.isolated_subnets, security_group=network.firewall.trigger
        )
        self.trigger: Final = Function(
            self,
            "Trigger",
            profile=choices.profile,
            code=code,
            handler=_HANDLER,
            description="Records jobs and reports their status",
            timeout=Duration.seconds(_choose_timeout(choices)),
            memory=512,  # a third of a processor; half of it would double the cold start
            environment={
                "RESONATE_URL": server.url,
                "RESONATE_TOKEN": server.keys.tokens[TRIGGER].for_function(),
                "KEEPER_URL": server.keeper_url,
                "DECISION_KEY": server.decision_key.for_function(),
                "STORE_URL": f"s3://{data.documents.bucket.bucket_name}",
                "UPLOADS_URL": f"https://{data.documents.bucket.bucket_regional_domain_name}",
                "MAX_DOCUMENT_MEGABYTES": str(choices.profile.document_megabytes),
                "FUNCTIONS": "on" if choices.has_functions else "off",
                **_make_type_variables(choices),
                **_make_limit_variables(choices),
                **_make_cell_variables(choices, servers),
                **keeper_environment(servers, own=FIRST_CELL),
                **({"ADMIN_GROUP": ADMIN_GROUP} if choices.web.has_console else {}),
            },
            vpc_placement=placement,
            key=data.key,
            concurrency=choices.profile.trigger_concurrency,
        )
        self.inbox: Final = Function(
            self,
            "Inbox",
            profile=choices.profile,
            code=code,
            handler=_INBOX_HANDLER,
            description="Records the jobs of files in the inbox",
            timeout=_INBOX_TIMEOUT,
            memory=512,  # as the trigger
            environment={
                "RESONATE_URL": server.url,
                "RESONATE_TOKEN": server.keys.tokens[TRIGGER].for_function(),
                "STORE_URL": f"s3://{data.documents.bucket.bucket_name}",
                **_make_type_variables(choices),
                **_make_cell_variables(choices, servers),
            },
            vpc_placement=placement,
            key=data.key,
        )
        if data.key:
            data.key.grant_decrypt(self.inbox.role)  # of its environment
        self.inbox.function.add_event_source(
            SqsEventSource(
                data.inbox.queue,
                batch_size=_INBOX_FILES,
                max_concurrency=2,  # the least that AWS allows; the server takes a thousand jobs a second
                report_batch_item_failures=True,
            )
        )
        data.documents.allow_reading_progress(self.trigger.role)
        data.documents.allow_signing(self.trigger.role)
        data.documents.allow_intake(self.trigger.role)
        self.http_api: Final = HttpApi(self, "HttpApi", choices=choices)
        self.console: Final = (
            Console(self, "Console", choices=choices, data=data, http_api=self.http_api)
            if choices.web.has_console
            else None
        )
        self.domain_target: Final = self._add_domain(choices.web)
        auth = self.console.auth if self.console else choices.auth
        self.http_api.add_routes(auth, self.trigger.function)
        if choices.auth.mode == "none":
            Annotations.of(self).add_warning_v2("longhand:open-api", _OPEN_API_WARNING)

    def _add_domain(self, web: WebChoices) -> str | None:
        """Return where a record of the operator's domain must point to, if there is a domain."""
        if not web.domain or not web.certificate:
            return None
        if self.console:
            return self.console.site.target
        return self.http_api.add_domain(web.domain, web.certificate).regional_domain_name

    @property
    def url(self) -> str:
        """The address for requests."""
        return self.http_api.api.api_endpoint


def _choose_timeout(choices: Choices) -> int:
    """Return the seconds of the trigger: the server's client gives up earlier, and API Gateway after 30."""
    return max(_TIMEOUT_SECONDS, choices.prefer_wait + _HELD_ANSWER_SECONDS)


def _make_cell_variables(choices: Choices, servers: Mapping[str, Server]) -> dict[str, str]:
    """Name the servers of the cells beside the first."""
    tokens = cell_tokens(servers, TRIGGER, own=FIRST_CELL)
    return {
        **cell_environment(choices, servers, own=FIRST_CELL),
        **{name: token.for_function() for name, token in tokens.items()},
    }


def _make_limit_variables(choices: Choices) -> dict[str, str]:
    """Limit the jobs of one requester, and how long a request may be held, if the operator chose limits."""
    chosen = {
        "MAX_OPEN_JOBS": choices.requester_jobs,
        "MAX_HOURLY_JOBS": choices.requester_jobs_per_hour,
        "MAX_WAIT_SECONDS": choices.prefer_wait,
    }
    return {name: str(value) for name, value in chosen.items() if value}


def _make_type_variables(choices: Choices) -> dict[str, str]:
    """Name the operator's own document types, which the API accepts beside the built-in ones."""
    types = choices.processing.types
    return {"KNOWN_TYPES": ",".join(types.names)} if types else {}
