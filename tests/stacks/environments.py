"""What a template gives to a program: its container, and its variables with values in place of references."""

import re

from .synthesized_app import Json, SynthesizedApp

OF_LAMBDA = {
    "AWS_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "of-the-role",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_SESSION_TOKEN": "token",
}
SECRETS = {"WEBHOOK_SECRETS": "s" * 64, "DECISION_KEY": "k" * 64}  # that must have a form; any other one is a word


def find_container(app: SynthesizedApp, name: str) -> Json:
    found = [
        one for task in app.find_all("AWS::ECS::TaskDefinition") for one in task.properties["ContainerDefinitions"]
        if one["Name"] == name
    ]  # fmt: skip
    [only] = found
    assert isinstance(only, dict)
    return only


def container_environment(app: SynthesizedApp, name: str) -> dict[str, str]:
    """Return a container's variables, with values in place of CloudFormation's references."""
    body = find_container(app, name)
    variables = {one["Name"]: one["Value"] for one in body["Environment"]}
    secrets = {one["Name"]: SECRETS.get(one["Name"], "secret") for one in body.get("Secrets", ())}
    assert not variables.keys() & secrets.keys()
    return {name: fill_in(value) for name, value in (variables | secrets).items()}


def fill_in(value: object) -> str:
    if isinstance(value, str):
        return value
    text = str(value)
    if "s3://" in text:
        return "s3://bucket"
    if "RegionalDomainName" in text:
        return "https://bucket.s3.eu-central-1.amazonaws.com"
    if ":events:" in text:
        return "arn:aws:events:eu-central-1:123456789012:event-bus/default"
    if "JobEvents" in text:
        return "arn:aws:sns:eu-central-1:123456789012:topic"
    is_function = re.search(r"Functions\d?Function", text)
    return "arn:aws:lambda:eu-central-1:123456789012:function:functions" if is_function else "filled"


def function_environment(app: SynthesizedApp, path: str) -> dict[str, str]:
    variables = app.find("AWS::Lambda::Function", path).properties["Environment"]["Variables"]
    return {name: fill_in(value) for name, value in variables.items()}


def trigger_environment(app: SynthesizedApp) -> dict[str, str]:
    """Return the trigger's variables, with those that Lambda sets itself."""
    return function_environment(app, "Trigger") | OF_LAMBDA
