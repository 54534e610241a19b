"""The API: its routes, authorization, throttling and log."""

import json
import re
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from durable.wire.client import Client
from durable.wire.limits import Limits
from lambdas.trigger.ports import Ports
from lambdas.trigger.progress import ProgressReader
from lambdas.trigger.progress_store import ProgressStore
from lambdas.trigger.routes import Api
from local.events import make_event

from .conftest import JWT_API, OPEN_API, REGIONAL_CERTIFICATE, Synth
from .synthesized_app import SynthesizedApp

ROUTES = {
    "POST /process-document",
    "GET /status",
    "GET /status/{jobId}",
    "GET /types",
    "GET /jobs",
    "GET /decisions",
    "GET /numbers",
    "POST /jobs",
    "GET /jobs/{jobId}",
    "POST /jobs/{jobId}/retry",
    "DELETE /jobs/{jobId}",
    "POST /jobs/{jobId}/revoke",
    "GET /jobs/{jobId}/result",
    "GET /jobs/{jobId}/text",
    "GET /jobs/{jobId}/document",
    "GET /jobs/{jobId}/events",
    "GET /jobs/{jobId}/why",
    "GET /jobs/{jobId}/history",
    "POST /jobs/{jobId}/cancel",
    "GET /jobs/{jobId}/deliveries",
    "POST /jobs/{jobId}/deliveries/{eventId}/redeliver",
    "GET /jobs/{jobId}/pages/{page}",
    "POST /uploads",
    "GET /schedules",
    "POST /schedules",
    "GET /schedules/{id}",
    "DELETE /schedules/{id}",
    "POST /batches",
    "GET /batches/{batchId}",
    "POST /batches/{batchId}/cancel",
    "GET /decisions/{decisionId}",
    "POST /decisions/{decisionId}",
    "GET /decisions/{decisionId}/link",
    "POST /decisions/{decisionId}/link",
    "POST /webhooks/approval",
    "POST /invocations",
    "GET /invocations/{id}",
}


# The trigger checks the token of a link, and the signature of a webhook.
PUBLIC_ROUTES = {
    "GET /decisions/{decisionId}/link",
    "POST /decisions/{decisionId}/link",
    "POST /webhooks/approval",
}


def expect_authorization(authorization: str) -> dict[str, str]:
    return {route: "NONE" if route in PUBLIC_ROUTES else authorization for route in ROUTES}


def routes(app: SynthesizedApp) -> dict[str, str]:
    return {
        one.properties["RouteKey"]: one.properties["AuthorizationType"]
        for one in app.find_all("AWS::ApiGatewayV2::Route")
    }


def test_clients_sign_with_iam_by_default(app: SynthesizedApp) -> None:
    assert routes(app) == expect_authorization("AWS_IAM")


def test_tokens_are_checked_for_issuer_and_audience(synth: Synth) -> None:
    app = synth(*JWT_API)
    assert routes(app) == expect_authorization("JWT")
    authorizer = app.find("AWS::ApiGatewayV2::Authorizer").properties
    assert authorizer["JwtConfiguration"] == {"Issuer": "https://id.example", "Audience": ["documents"]}
    for route in app.find_all("AWS::ApiGatewayV2::Route"):
        assert ("AuthorizerId" in route.properties) is (route.properties["RouteKey"] not in PUBLIC_ROUTES)


def test_auth_none_needs_no_credentials(synth: Synth) -> None:
    assert routes(synth(*OPEN_API)) == dict.fromkeys(ROUTES, "NONE")


def test_the_trigger_answers_every_route(small: SynthesizedApp) -> None:
    """Its server is down, which is another problem than a wrong route."""
    log = Logger(service="trigger-routes", level="CRITICAL")
    with Client("http://127.0.0.1:9", limits=Limits(retries=0)) as client:
        api = Api(
            Ports(
                server=client,
                progress=ProgressReader(ProgressStore("file:///none"), log),
                log=log,
                store_url="file:///none",
            )
        )
        known = [
            re.sub(r"{\w+}", "job-1", route.replace("{decisionId}", "job-1:7")).split(" ") for route in routes(small)
        ]
        for _, path in known:
            for method in ("GET", "POST", "PUT", "DELETE"):
                code = find_code(api.answer(make_event(method, path)))
                is_answered = code in ("bad_request", "unavailable", "wrong_signature", "a page", "no problem")
                assert is_answered if [method, path] in known else code == "wrong_method", (method, path, code)


def find_code(answer: dict[str, Any]) -> str:
    is_page = answer["headers"]["Content-Type"].startswith("text/html")
    return "a page" if is_page else str(json.loads(answer["body"]).get("code", "no problem"))


def test_browsers_may_call_from_listed_origins_only(app: SynthesizedApp, synth: Synth) -> None:
    assert "CorsConfiguration" not in app.find("AWS::ApiGatewayV2::Api").properties
    cors = synth(*OPEN_API).find("AWS::ApiGatewayV2::Api").properties["CorsConfiguration"]
    assert cors["AllowOrigins"] == ["https://a.example"]
    assert sorted(cors["AllowMethods"]) == ["DELETE", "GET", "POST"]
    assert "prefer" in cors["AllowHeaders"]
    assert "preference-applied" in cors["ExposeHeaders"]


def test_calls_are_throttled_and_logged_as_json(app: SynthesizedApp) -> None:
    stage = app.find("AWS::ApiGatewayV2::Stage").properties
    limits = stage["DefaultRouteSettings"]
    assert 0 < limits["ThrottlingRateLimit"] < limits["ThrottlingBurstLimit"]
    line = json.loads(stage["AccessLogSettings"]["Format"])
    assert {"requestId", "route", "status", "milliseconds", "error"} <= line.keys()
    assert "authorization" not in str(line).lower().replace("authorizer", "")


def test_clients_that_poll_never_have_a_submission_refused(app: SynthesizedApp) -> None:
    """Each route has a limit of its own, and the stage's admits all of them together."""
    stage = app.find("AWS::ApiGatewayV2::Stage")
    limits = stage.properties["RouteSettings"]
    assert limits.keys() == ROUTES
    assert all(0 < one["ThrottlingRateLimit"] < one["ThrottlingBurstLimit"] for one in limits.values())
    both = [limits[route]["ThrottlingRateLimit"] for route in ("POST /process-document", "GET /status/{jobId}")]
    assert stage.properties["DefaultRouteSettings"]["ThrottlingRateLimit"] >= sum(both)
    # API Gateway refuses settings of a route that does not exist.
    assert {route.name for route in app.find_all("AWS::ApiGatewayV2::Route")} <= set(stage.body["DependsOn"])


def test_an_outage_of_the_server_leaves_concurrency_for_other_functions(
    small: SynthesizedApp, production: SynthesizedApp
) -> None:
    """Each request waits up to 4.5 seconds then. A new account has too little concurrency to reserve any."""
    found = production.find("AWS::Lambda::Function", "Trigger").properties["ReservedConcurrentExecutions"]
    assert 0 < found <= 500
    assert "ReservedConcurrentExecutions" not in small.find("AWS::Lambda::Function", "Trigger").properties


def test_a_domain_of_the_operators_leads_to_the_api(synth: Synth, small: SynthesizedApp) -> None:
    app = synth(*JWT_API)
    domain = app.find("AWS::ApiGatewayV2::DomainName").properties
    assert domain["DomainName"] == "api.example.com"
    [configuration] = domain["DomainNameConfigurations"]
    assert configuration["CertificateArn"] == REGIONAL_CERTIFICATE
    mapping = app.find("AWS::ApiGatewayV2::ApiMapping")
    assert app.resolve("Api", mapping.properties) == {
        "ApiId": "<Api/HttpApi/Api>",
        "DomainName": "<Api/HttpApi/Domain>",
        "Stage": "$default",
    }
    assert app.find("AWS::ApiGatewayV2::Stage").name in mapping.body["DependsOn"]
    target = app.resolve("Root", app.templates["Root"]["Outputs"]["DomainTarget"]["Value"])
    assert target == "<Api/HttpApi/Domain.RegionalDomainName>"
    assert "DomainTarget" not in small.templates["Root"]["Outputs"]


def test_the_api_has_the_name_of_its_stack(app: SynthesizedApp) -> None:
    assert app.find("AWS::ApiGatewayV2::Api").properties["Name"] == "Longhand"


def test_the_access_log_needs_no_entry_in_the_accounts_policy_for_logs(app: SynthesizedApp) -> None:
    """That policy is shared by all APIs of the account, and has a maximum length."""
    name = app.find("AWS::Logs::LogGroup", "AccessLog").properties["LogGroupName"]["Fn::Join"][1]
    assert name[0] == "/aws/vendedlogs/Longhand/api-"
    assert name[1] == {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}


def test_the_trigger_runs_on_the_tested_runtime(app: SynthesizedApp) -> None:
    function = app.find("AWS::Lambda::Function", "Trigger").properties
    assert function["Runtime"] == "python3.13"
    assert function["Architectures"] == ["arm64"]
    assert function["Handler"] == "lambdas.trigger.handler.handler"
    assert function["Timeout"] < 29  # API Gateway waits 30 seconds, and its own answer does not help the client


def test_the_last_answer_of_a_held_request_has_time(small: SynthesizedApp, synth: Synth) -> None:
    """A request is held 15 seconds at most, and each read of the server and of the store may take 4.5."""
    held = synth(*OPEN_API).find("AWS::Lambda::Function", "Trigger").properties
    assert held["Environment"]["Variables"]["MAX_WAIT_SECONDS"] == "15"
    assert 15 + 2 * 4.5 < held["Timeout"] < 29
    assert small.find("AWS::Lambda::Function", "Trigger").properties["Timeout"] == 20


@pytest.mark.parametrize("part", ["Trigger", "Keys"])
def test_a_function_is_created_after_its_permissions(app: SynthesizedApp, part: str) -> None:
    function = app.find("AWS::Lambda::Function", part)
    waits = [app.templates[function.stack]["Resources"][name]["Type"] for name in function.body["DependsOn"]]
    assert "AWS::IAM::Policy" in waits


def test_only_this_api_may_call_the_trigger(app: SynthesizedApp) -> None:
    for permission in app.find_all("AWS::Lambda::Permission"):
        assert permission.properties["Principal"] == "apigateway.amazonaws.com"
        assert "<Api/HttpApi/Api>" in str(app.resolve("Api", permission.properties["SourceArn"]))
