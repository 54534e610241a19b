"""The function that runs workflows: only the workers invoke it, within the account's limits; or there is none."""

import json

import pytest

from contract.names import FUNCTIONS
from lambdas.functions.settings import Settings
from stacks.profile import PRODUCTION_PROFILE, SMALL_PROFILE, Profile

from .conftest import JWT_API, Synth
from .environments import container_environment, function_environment
from .synthesized_app import SynthesizedApp

NEW_ACCOUNT_LIMIT, USUAL_LIMIT = 10, 1_000  # functions that an account runs at a time


def test_it_runs_on_the_tested_runtime_for_five_minutes_at_most(app: SynthesizedApp) -> None:
    function = app.find("AWS::Lambda::Function", "Functions/").properties
    assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
    assert (function["Handler"], function["Timeout"]) == ("lambdas.functions.handler.handler", 300)


def test_it_has_no_address_and_only_the_worker_is_told_of_it(app: SynthesizedApp) -> None:
    assert not app.find_all("AWS::Lambda::Url")
    [source] = app.find_all("AWS::Lambda::EventSourceMapping")
    assert "Inbox" in str(app.resolve(source.stack, source.properties["FunctionName"]))
    for permission in app.find_all("AWS::Lambda::Permission"):
        assert "Functions" not in str(app.resolve(permission.stack, permission.properties["FunctionName"]))
    [variable] = [
        one["Value"]
        for task in app.find_all("AWS::ECS::TaskDefinition")
        for container in task.properties["ContainerDefinitions"]
        for one in container.get("Environment", ())
        if one["Name"] == "FUNCTION_ARN"
    ]
    assert app.resolve("Worker", variable) == "<Functions/Function/Function.Arn>"


def test_it_is_created_after_its_permissions_and_before_the_workers(app: SynthesizedApp) -> None:
    function = app.find("AWS::Lambda::Function", "Functions/")
    waits = [app.templates[function.stack]["Resources"][name]["Type"] for name in function.body["DependsOn"]]
    assert "AWS::IAM::Policy" in waits
    stacks = {one.path.split(".")[0]: one for one in app.find_all("AWS::CloudFormation::Stack")}
    assert "Functions" in str(stacks["Worker"].properties["Parameters"])


def test_its_parts_go_to_the_group_that_the_workers_invoke_it_for(app: SynthesizedApp) -> None:
    assert Settings.from_env(function_environment(app, "Functions/")).address == f"poll://any@{FUNCTIONS}"


@pytest.mark.parametrize(("profile", "limit"), [(SMALL_PROFILE, NEW_ACCOUNT_LIMIT), (PRODUCTION_PROFILE, USUAL_LIMIT)])
def test_all_workers_together_leave_invocations_for_the_trigger(profile: Profile, limit: int) -> None:
    """Each worker bounds its own. A function that reserves them could not be deployed in a new account."""
    at_most = profile.max_workers * profile.worker_function_concurrency
    assert at_most + (profile.trigger_concurrency or 4) <= limit


def test_it_reserves_no_concurrency(app: SynthesizedApp) -> None:
    assert "ReservedConcurrentExecutions" not in app.find("AWS::Lambda::Function", "Functions/").properties


def test_a_deployment_without_functions_has_none_of_its_parts(synth: Synth) -> None:
    app = synth(*JWT_API)
    assert "Functions" not in app.templates
    assert "FunctionsLog" not in app.templates["Root"]["Outputs"]
    assert not [one for one in app.find_all("AWS::SecretsManager::Secret") if "Functions" in one.path]
    assert not {name for name in container_environment(app, "Worker") if "FUNCTION" in name}
    assert function_environment(app, "Trigger")["FUNCTIONS"] == "off"
    assert "lambda:InvokeFunction" not in json.dumps(app.templates["Worker"])
    text = json.dumps([app.templates["Worker"], app.templates["Observability"]])
    assert '"functions"' not in text.replace('\\"', '"')
