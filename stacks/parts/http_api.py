"""The HTTP API: its routes, their authorization, throttling, and one JSON log line for each call."""

import json
from typing import Final

import jsii
from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_certificatemanager as certificates
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk.aws_apigateway import AccessLogFormat
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from contract.routes import ROUTES
from stacks.acknowledgments import acknowledge
from stacks.choices import Auth, Choices

from .logs import add_log_group
from .unique_name import unique_id

# API Gateway itself answers other paths with 404, without invoking the function.
_ROUTES: Final = [
    ("/status", gateway.HttpMethod.GET),  # answered with what is missing
    *((route.path, gateway.HttpMethod[route.method]) for route in ROUTES),
]
# A token or a signature is the caller's credential, which the trigger checks.
_PUBLIC: Final = {(route.path, gateway.HttpMethod[route.method]) for route in ROUTES if route.is_public}
_LOG_FIELDS: Final = {
    "requestId": "$context.requestId",
    "at": "$context.requestTimeEpoch",
    "ip": "$context.identity.sourceIp",
    "caller": "$context.identity.caller",
    "subject": "$context.authorizer.claims.sub",
    "route": "$context.routeKey",
    "path": "$context.path",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "milliseconds": "$context.responseLatency",
    "functionMilliseconds": "$context.integrationLatency",
    "error": "$context.error.message",  # messageString would add quotes, and without an error none
    "authorizerError": "$context.authorizer.error",
}


class HttpApi(Construct):
    """An API with one function behind all routes, which `add_routes` adds."""

    def __init__(self, scope: Construct, id: str, *, choices: Choices) -> None:
        super().__init__(scope, id)
        self._profile: Final = choices.profile
        profile = choices.profile
        self.api: Final = gateway.HttpApi(
            self,
            "Api",
            api_name=choices.stack,
            create_default_stage=False,
            cors_preflight=_make_cors_options(choices.cors_origins),
        )
        self.stage: Final = gateway.HttpStage(
            self,
            "Stage",
            http_api=self.api,
            stage_name="$default",
            auto_deploy=True,
            detailed_metrics_enabled=False,  # AWS charges for metrics of each route
            throttle=gateway.ThrottleSettings(
                rate_limit=profile.submissions_per_second + profile.polls_per_second,
                burst_limit=profile.submission_burst + profile.poll_burst,
            ),
            access_log_settings=_AccessLog(
                add_log_group(self, "AccessLog", profile=profile, name=_make_log_name(choices))
            ),
        )

    def add_domain(self, name: str, certificate_arn: str) -> gateway.DomainName:
        """Serve the API at a domain as well: its own address stays, which alarms and commands use."""
        certificate = certificates.Certificate.from_certificate_arn(self, "Certificate", certificate_arn)
        domain = gateway.DomainName(self, "Domain", domain_name=name, certificate=certificate)
        mapping = gateway.ApiMapping(self, "Mapping", api=self.api, domain_name=domain, stage=self.stage)
        mapping.node.add_dependency(self.stage)  # the mapping has the stage's name only, not a reference
        return domain

    def add_routes(self, auth: Auth, function: lambda_.IFunction) -> None:
        """Add the routes. The issuer of tokens may need the address of the API, so it is known later."""
        self._limit_routes(self._add_routes(auth, HttpLambdaIntegration("Trigger", function)))

    def _limit_routes(self, routes: list[gateway.HttpRoute]) -> None:
        """Give each route a limit of its own, so that polls never use up the limit of submissions."""
        profile = self._profile
        limits = {
            gateway.HttpMethod.GET: (profile.polls_per_second, profile.poll_burst),
            gateway.HttpMethod.POST: (profile.submissions_per_second, profile.submission_burst),
            gateway.HttpMethod.DELETE: (profile.submissions_per_second, profile.submission_burst),
        }
        stage = self.stage.node.default_child
        assert isinstance(stage, gateway.CfnStage)
        stage.route_settings = {
            f"{method.value} {path}": {"ThrottlingRateLimit": rate, "ThrottlingBurstLimit": burst}
            for path, method in _ROUTES
            for rate, burst in [limits[method]]
        }
        self.stage.node.add_dependency(*routes)  # API Gateway refuses settings of a route that does not exist yet

    def _add_routes(self, auth: Auth, integration: HttpLambdaIntegration) -> list[gateway.HttpRoute]:
        checked, added = _make_authorizer(auth), []
        for path, method in _ROUTES:
            is_public = (path, method) in _PUBLIC
            authorizer = gateway.HttpNoneAuthorizer() if is_public else checked
            for route in self.api.add_routes(
                path=path, methods=[method], integration=integration, authorizer=authorizer
            ):
                added.append(route)
                if is_public:
                    reason = "the trigger checks the token or the signature of each request"
                    acknowledge(route, "AwsSolutions-APIG4", reason)
                elif auth.mode == "none":
                    reason = "the operator chose auth=none, and each deployment prints a warning"
                    acknowledge(route, "AwsSolutions-APIG4", reason)
        return added


def _make_log_name(choices: Choices) -> str:
    """Return a name that API Gateway may write to without a policy for each log group.

    Other names need an entry in a policy of limited length, which would limit the number of APIs in an account. The id
    of the stack is in the name, because a deleted production stack leaves its logs.
    """
    return f"/aws/vendedlogs/{choices.stack}/api-{unique_id()}"


def _make_authorizer(auth: Auth) -> gateway.IHttpRouteAuthorizer:
    if auth.mode == "jwt":
        assert auth.issuer is not None
        return authorizers.HttpJwtAuthorizer("Tokens", auth.issuer, jwt_audience=list(auth.audience))
    return authorizers.HttpIamAuthorizer() if auth.mode == "iam" else gateway.HttpNoneAuthorizer()


def _make_cors_options(origins: tuple[str, ...]) -> gateway.CorsPreflightOptions | None:
    if not origins:
        return None
    return gateway.CorsPreflightOptions(
        allow_origins=list(origins),
        allow_methods=[gateway.CorsHttpMethod.GET, gateway.CorsHttpMethod.POST, gateway.CorsHttpMethod.DELETE],
        allow_headers=[
            "authorization",
            "content-type",
            "if-none-match",
            "prefer",
            "x-amz-date",
            "x-amz-security-token",
            "x-amz-content-sha256",
        ],
        expose_headers=["etag", "link", "location", "preference-applied", "retry-after"],
        max_age=Duration.hours(1),
    )


@jsii.implements(gateway.IAccessLogSettings)
class _AccessLog:
    """The log group for the lines, and their fields."""

    def __init__(self, group: logs.ILogGroup) -> None:
        self._destination = gateway.LogGroupLogDestination(group)

    @property
    def destination(self) -> gateway.IAccessLogDestination:
        return self._destination

    @property
    def format(self) -> AccessLogFormat:
        return AccessLogFormat.custom(json.dumps(_LOG_FIELDS))
