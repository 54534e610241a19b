"""The HTTP API: its routes, their authorization, throttling, and one JSON log line for each call."""

import json
from typing import Final

import jsii
from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk.aws_apigateway import AccessLogFormat
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from stacks.acknowledgments import acknowledge
from stacks.choices import Auth, Choices

from .logs import add_log_group

# API Gateway itself answers other paths with 404, without invoking the function.
ROUTES: Final = {
    "/process-document": [gateway.HttpMethod.POST],
    "/status": [gateway.HttpMethod.GET],
    "/status/{jobId}": [gateway.HttpMethod.GET],
    "/jobs/{jobId}/cancel": [gateway.HttpMethod.POST],
    "/jobs/{jobId}/decision": [gateway.HttpMethod.POST],
}
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
    """An API with one function behind all routes."""

    def __init__(self, scope: Construct, id: str, *, choices: Choices, function: lambda_.IFunction) -> None:
        super().__init__(scope, id)
        profile = choices.profile
        self.api: Final = gateway.HttpApi(
            self, "Api", create_default_stage=False, cors_preflight=_cors(choices.cors_origins)
        )
        self.stage: Final = gateway.HttpStage(
            self,
            "Stage",
            http_api=self.api,
            stage_name="$default",
            auto_deploy=True,
            detailed_metrics_enabled=False,  # AWS charges for metrics of each route
            throttle=gateway.ThrottleSettings(rate_limit=profile.requests_per_second, burst_limit=profile.burst),
            access_log_settings=_AccessLog(add_log_group(self, "AccessLog", profile=profile)),
        )
        self._add_routes(choices.auth, HttpLambdaIntegration("Trigger", function))

    def _add_routes(self, auth: Auth, integration: HttpLambdaIntegration) -> None:
        authorizer = _authorizer(auth)
        for path, methods in ROUTES.items():
            for route in self.api.add_routes(
                path=path, methods=methods, integration=integration, authorizer=authorizer
            ):
                if auth.mode == "none":
                    reason = "the operator chose auth=none, and each deployment prints a warning"
                    acknowledge(route, "AwsSolutions-APIG4", reason)


def _authorizer(auth: Auth) -> gateway.IHttpRouteAuthorizer:
    if auth.mode == "jwt":
        assert auth.issuer is not None
        return authorizers.HttpJwtAuthorizer("Tokens", auth.issuer, jwt_audience=list(auth.audience))
    return authorizers.HttpIamAuthorizer() if auth.mode == "iam" else gateway.HttpNoneAuthorizer()


def _cors(origins: tuple[str, ...]) -> gateway.CorsPreflightOptions | None:
    if not origins:
        return None
    return gateway.CorsPreflightOptions(
        allow_origins=list(origins),
        allow_methods=[gateway.CorsHttpMethod.GET, gateway.CorsHttpMethod.POST],
        allow_headers=["authorization", "content-type", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"],
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
