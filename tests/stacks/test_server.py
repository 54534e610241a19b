"""The server: exactly one task with a DNS name, a health check that outlasts a database failover, and its keys."""

import json
from typing import Any

import pytest
from botocore.session import Session  # type: ignore[import-untyped] # it has no types
from botocore.validate import ParamValidator  # type: ignore[import-untyped] # as above

from keeper.wake_ups import RESEND_MS
from stacks import ports
from stacks.choices import SERVER_IMAGE
from stacks.image_paths import SERVER_DOCKERFILE
from stacks.server_settings import SERVER_SETTINGS

from .conftest import IMAGE, JWT_API, OPEN_API, ROOT, Synth, image_context
from .environments import container_environment, find_container
from .synthesized_app import Json, SynthesizedApp


def test_exactly_one_server_runs_also_during_a_deployment(app: SynthesizedApp) -> None:
    body = app.find("AWS::ECS::Service", "Server/Server").properties
    assert body["DesiredCount"] == 1
    assert body["AvailabilityZoneRebalancing"] == "DISABLED"
    deployment = body["DeploymentConfiguration"]
    assert (deployment["MinimumHealthyPercent"], deployment["MaximumPercent"]) == (0, 100)
    assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    assert "Server" not in str([one.path for one in app.find_all("AWS::ApplicationAutoScaling::ScalableTarget")])


def test_clients_find_a_new_server_within_ten_seconds(app: SynthesizedApp) -> None:
    service = app.find("AWS::ServiceDiscovery::Service").properties
    assert service["DnsConfig"]["DnsRecords"] == [{"TTL": 10, "Type": "A"}]
    names = app.find("AWS::ServiceDiscovery::PrivateDnsNamespace").properties
    assert (
        container_environment(app, "Server")["RESONATE_SERVER__URL"] == f"http://{service['Name']}.{names['Name']}:8001"
    )


def test_clients_get_the_servers_own_address(app: SynthesizedApp) -> None:
    url = container_environment(app, "Server")["RESONATE_SERVER__URL"]
    assert container_environment(app, "Worker")["RESONATE_URL"] == url
    trigger = app.find("AWS::Lambda::Function", "Trigger").properties["Environment"]["Variables"]
    assert trigger["RESONATE_URL"] == url


def test_the_server_has_its_settings_for_speed_and_safety(app: SynthesizedApp) -> None:
    env = container_environment(app, "Server")
    assert env.items() >= SERVER_SETTINGS.items()
    assert env["RESONATE_MESSAGES__POLL_INTERVAL"] == "10"
    assert env["RESONATE_TRANSPORTS__HTTP_PUSH__ENABLED"] == "false"


@pytest.mark.parametrize("name", ["Server", "Keeper"])
def test_a_container_verifies_the_databases_certificate(app: SynthesizedApp, name: str) -> None:
    env = container_environment(app, name)
    assert (env["DB_SSLMODE"], env["DB_SSLROOTCERT"]) == ("verify-full", "/etc/ssl/rds.pem")


def test_a_backlog_floods_neither_the_database_nor_the_log() -> None:
    """`make bench ARGS=backlog-hosted` has the figures. What the keeper wakes is announced at the same pace."""
    assert int(SERVER_SETTINGS["RESONATE_TASKS__RETRY_TIMEOUT"]) == RESEND_MS >= 30_000
    assert SERVER_SETTINGS["RESONATE_LEVEL"].startswith("warn")
    # What does not fit into the buffer of one connection is lost for that time; the server's batches have 100.
    assert int(SERVER_SETTINGS["RESONATE_TRANSPORTS__HTTP_POLL__BUFFER_SIZE"]) >= 10 * 100


def test_the_health_check_outlasts_a_failover_of_three_minutes(app: SynthesizedApp) -> None:
    check = find_container(app, "Server")["HealthCheck"]
    assert check["Command"][0] == "CMD-SHELL"
    assert f"wget -q -T 3 -O /dev/null http://127.0.0.1:{ports.SERVER}/ready" in check["Command"][1]
    assert check["Interval"] * check["Retries"] >= 180
    assert check["Timeout"] > 3


def test_the_container_starts_our_entry_script_which_becomes_the_server(app: SynthesizedApp) -> None:
    text = (ROOT / "stacks" / "server_entry.sh").read_text()
    body = find_container(app, "Server")
    assert body["EntryPoint"] == ["sh", "-c", text]
    assert "Command" not in body
    assert text.rstrip().endswith("exec resonate-server serve")


def test_a_failing_keeper_is_restarted_without_stopping_the_server(app: SynthesizedApp) -> None:
    assert find_container(app, "Server")["Essential"] is True
    keeper = find_container(app, "Keeper")
    assert keeper["Essential"] is False
    assert keeper["RestartPolicy"] == {"Enabled": True, "RestartAttemptPeriod": 60}
    # ECS does not restart a container that ended earlier.
    assert (
        int(container_environment(app, "Keeper")["MIN_LIFETIME_SECONDS"])
        > keeper["RestartPolicy"]["RestartAttemptPeriod"]
    )


def test_the_server_has_a_read_only_root_and_is_not_root(app: SynthesizedApp) -> None:
    body = find_container(app, "Server")
    assert body["ReadonlyRootFilesystem"] is True
    assert "MountPoints" not in body
    assert int(body["User"].split(":")[0]) > 0


@pytest.mark.parametrize("part", ["Server", "Worker"])
def test_a_service_is_created_after_its_permissions_for_images_and_secrets(app: SynthesizedApp, part: str) -> None:
    """Otherwise its first tasks would fail, and the deployment with them."""
    service = app.find("AWS::ECS::Service", f"{part}/{part}")
    policy = app.find("AWS::IAM::Policy", f"{part}/{part}/Task/ExecutionRole")
    assert policy.name in service.body["DependsOn"]


def test_the_keeper_keeps_history_longer_than_a_job_may_take(app: SynthesizedApp) -> None:
    assert int(container_environment(app, "Keeper")["RETENTION_DAYS"]) > 30


def test_the_server_starts_after_its_keys_exist(app: SynthesizedApp) -> None:
    service = app.find("AWS::ECS::Service", "Server/Server")
    assert app.find("Custom::Keys").name in service.body["DependsOn"]


def test_the_keys_function_has_its_permissions_before_it_runs(app: SynthesizedApp) -> None:
    resource = app.find("Custom::Keys")
    waits = {app.templates["Server"]["Resources"][name]["Type"] for name in resource.body["DependsOn"]}
    assert {"AWS::IAM::Policy", "AWS::Lambda::Function"} <= waits
    function = app.find("AWS::Lambda::Function", "Keys").properties
    assert "VpcConfig" not in function  # it must reach Secrets Manager and CloudFormation
    assert function["Handler"] == "lambdas.keys.handler.handler"
    assert int(resource.properties["ServiceTimeout"]) > function["Timeout"]


def test_a_new_server_is_proven_before_the_running_one_stops(app: SynthesizedApp) -> None:
    """The function asks ECS for the service's own task, in its own place, with another database and a prover."""
    service, proof = app.find("AWS::ECS::Service", "Server/Server"), app.find("Custom::ServerProof")
    assert proof.name in service.body["DependsOn"]
    resources = app.templates["Server"]["Resources"]
    waits = {resources[name]["Type"] for name in proof.body["DependsOn"]}
    assert {"AWS::IAM::Policy", "AWS::Lambda::Function", "AWS::ECS::TaskDefinition"} <= waits
    request = proof.properties["Task"]
    assert request["taskDefinition"] == service.properties["TaskDefinition"]
    network = request["networkConfiguration"]["awsvpcConfiguration"]
    placed = service.properties["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert {name.casefold(): value for name, value in network.items()} == {
        name.casefold(): value for name, value in placed.items()
    }
    changes = {each["name"]: each for each in request["overrides"]["containerOverrides"]}
    assert changes["Keeper"]["command"] == ["prove"]
    for name in ("Server", "Keeper"):
        assert changes[name]["environment"] == [{"name": "DB_NAME", "value": "resonate_proof"}]
    report = ParamValidator().validate(_with_texts(request), _read_input_shape("RunTask"))
    assert not report.has_errors(), report.generate_report()


def _read_input_shape(operation: str) -> Any:  # noqa: ANN401 botocore has no types
    return Session().get_service_model("ecs").operation_model(operation).input_shape


def _with_texts(value: Any) -> Any:  # noqa: ANN401 a part of a template
    """Put a text in place of each reference."""
    if isinstance(value, list):
        return [_with_texts(each) for each in value]
    if not isinstance(value, dict):
        return value
    is_reference = value.keys() in ({"Ref"}, {"Fn::GetAtt"})
    return "a text" if is_reference else {name: _with_texts(each) for name, each in value.items()}


def test_secrets_for_keys_start_empty(app: SynthesizedApp) -> None:
    keys = [one for one in app.find_all("AWS::SecretsManager::Secret") if "Keys" in one.path]
    assert len(keys) == 5
    for secret in keys:
        assert not {"GenerateSecretString", "SecretString"} & secret.properties.keys()


def test_a_new_rotation_runs_the_keys_function_again(small: SynthesizedApp, synth: Synth) -> None:
    first = small.find("Custom::Keys").properties
    again = synth(*OPEN_API).find("Custom::Keys").properties
    assert {name for name in first if first[name] != again[name]} == {"Rotation"}


FILE = SERVER_DOCKERFILE.replace("/", ".")  # in the build context


def test_the_servers_image_is_built_from_the_published_one(small: SynthesizedApp) -> None:
    """So tasks pull from the account's own registry, and the published image is pulled once."""
    assert server_image_source(small)["dockerBuildArgs"] == {"SERVER_IMAGE": SERVER_IMAGE}
    image = str(small.resolve("Server", find_container(small, "Server")["Image"]))
    assert ".dkr.ecr." in image
    context = image_context(small, SERVER_DOCKERFILE)
    assert {str(file.relative_to(context)) for file in context.rglob("*") if file.is_file()} == {
        ".dockerignore",
        FILE,
    }


def test_the_server_image_may_come_from_another_registry(synth: Synth) -> None:
    assert server_image_source(synth(*JWT_API))["dockerBuildArgs"] == {"SERVER_IMAGE": IMAGE}


def server_image_source(app: SynthesizedApp) -> Json:
    images = json.loads((app.folder / "Longhand.assets.json").read_text())["dockerImages"].values()
    [source] = [one["source"] for one in images if one["source"]["dockerFile"] == FILE]
    return dict(source)
