"""The HTTP API: which paths there are, who may call them, how often, and one line of JSON for each call."""

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

from .logs import log_group

# A path that is not here is answered by API Gateway itself, and costs no call of the function.
ROUTES: Final = {
    "/process-document": [gateway.HttpMethod.POST],
    "/status": [gateway.HttpMethod.GET],
    "/status/{jobId}": [gateway.HttpMethod.GET],
}
_LINE: Final = {
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
    "error": "$context.error.message",  # its messageString brings quotes of its own, and none where nothing is wrong
    "authorizerError": "$context.authorizer.error",
}


class HttpApi(Construct):
    """One function answers all paths."""

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
            detailed_metrics_enabled=False,  # metrics for each route are paid for each
            throttle=gateway.ThrottleSettings(rate_limit=profile.requests_per_second, burst_limit=profile.burst),
            access_log_settings=_AccessLog(log_group(self, "AccessLog", profile=profile)),
        )
        self._add_routes(choices.auth, HttpLambdaIntegration("Trigger", function))

    def _add_routes(self, auth: Auth, integration: HttpLambdaIntegration) -> None:
        authorizer = _authorizer(auth)
        for path, methods in ROUTES.items():
            for route in self.api.add_routes(
                path=path, methods=methods, integration=integration, authorizer=authorizer
            ):
                if auth.mode == "none":
                    reason = "auth=none was chosen by whoever deploys, who is warned each time"
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
    """Where a line goes, and what is in it."""

    def __init__(self, group: logs.ILogGroup) -> None:
        self._destination = gateway.LogGroupLogDestination(group)

    @property
    def destination(self) -> gateway.IAccessLogDestination:
        return self._destination

    @property
    def format(self) -> AccessLogFormat:
        return AccessLogFormat.custom(json.dumps(_LINE))
