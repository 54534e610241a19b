"""The API: these paths, for these callers, so often, each call with one line in the log."""

import json
import re

import pytest

from lambdas.trigger.errors import METHODS

from .conftest import OPEN, TOKENS, Synth
from .synthesized_app import SynthesizedApp

ROUTES = {"POST /process-document", "GET /status", "GET /status/{jobId}"}


def routes(app: SynthesizedApp) -> dict[str, str]:
    return {
        one.properties["RouteKey"]: one.properties["AuthorizationType"] for one in app.all("AWS::ApiGatewayV2::Route")
    }


def test_callers_sign_with_iam_unless_something_else_was_chosen(either: SynthesizedApp) -> None:
    assert routes(either) == dict.fromkeys(ROUTES, "AWS_IAM")


def test_tokens_are_checked_for_issuer_and_audience(synth: Synth) -> None:
    app = synth(*TOKENS)
    assert routes(app) == dict.fromkeys(ROUTES, "JWT")
    authorizer = app.one("AWS::ApiGatewayV2::Authorizer").properties
    assert authorizer["JwtConfiguration"] == {"Issuer": "https://id.example", "Audience": ["documents"]}
    for route in app.all("AWS::ApiGatewayV2::Route"):
        assert "AuthorizerId" in route.properties


def test_an_open_api_is_open(synth: Synth) -> None:
    assert routes(synth(*OPEN)) == dict.fromkeys(ROUTES, "NONE")


def test_the_routes_are_those_that_the_trigger_knows(small: SynthesizedApp) -> None:
    for route in routes(small):
        method, _, path = route.partition(" ")
        [known] = [at for at in METHODS if re.fullmatch(at, path.replace("{jobId}", "job-1"))]
        assert METHODS[known] == method


def test_pages_of_other_sites_may_call_only_if_they_were_named(either: SynthesizedApp, synth: Synth) -> None:
    assert "CorsConfiguration" not in either.one("AWS::ApiGatewayV2::Api").properties
    cors = synth(*OPEN).one("AWS::ApiGatewayV2::Api").properties["CorsConfiguration"]
    assert cors["AllowOrigins"] == ["https://a.example"]
    assert sorted(cors["AllowMethods"]) == ["GET", "POST"]


def test_calls_are_throttled_and_logged_as_json(either: SynthesizedApp) -> None:
    stage = either.one("AWS::ApiGatewayV2::Stage").properties
    limits = stage["DefaultRouteSettings"]
    assert 0 < limits["ThrottlingRateLimit"] < limits["ThrottlingBurstLimit"]
    line = json.loads(stage["AccessLogSettings"]["Format"])
    assert {"requestId", "route", "status", "milliseconds", "error"} <= line.keys()
    assert "authorization" not in str(line).lower().replace("authorizer", "")


def test_the_trigger_is_what_was_built_and_tested(either: SynthesizedApp) -> None:
    function = either.one("AWS::Lambda::Function", "Trigger").properties
    assert function["Runtime"] == "python3.13"
    assert function["Architectures"] == ["arm64"]
    assert function["Handler"] == "lambdas.trigger.handler.handler"
    assert function["Timeout"] < 29  # API Gateway waits 30 seconds, and then says nothing useful


@pytest.mark.parametrize("part", ["Trigger", "Keys"])
def test_a_function_is_made_after_it_may_do_what_it_does(either: SynthesizedApp, part: str) -> None:
    function = either.one("AWS::Lambda::Function", part)
    waits = [either.templates[function.stack]["Resources"][name]["Type"] for name in function.body["DependsOn"]]
    assert "AWS::IAM::Policy" in waits


def test_only_this_api_may_call_the_trigger(either: SynthesizedApp) -> None:
    for permission in either.all("AWS::Lambda::Permission"):
        assert permission.properties["Principal"] == "apigateway.amazonaws.com"
        assert "<Api/Front/Api>" in str(either.meant("Api", permission.properties["SourceArn"]))
