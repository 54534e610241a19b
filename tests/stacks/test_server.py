"""The server: exactly one task, found by its name, ready to survive what its database does, with its keys in time."""

import pytest

from stacks import ports

from .conftest import OPEN, ROOT, TOKENS, Synth
from .synthesized_app import SynthesizedApp
from .test_environment import container, given_to


def test_there_is_one_and_never_two_on_purpose(either: SynthesizedApp) -> None:
    body = either.one("AWS::ECS::Service", "Server/Server").properties
    assert body["DesiredCount"] == 1
    assert body["AvailabilityZoneRebalancing"] == "DISABLED"
    deployment = body["DeploymentConfiguration"]
    assert (deployment["MinimumHealthyPercent"], deployment["MaximumPercent"]) == (0, 100)
    assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
    assert "Server" not in str([one.path for one in either.all("AWS::ApplicationAutoScaling::ScalableTarget")])


def test_clients_find_a_new_one_within_ten_seconds(either: SynthesizedApp) -> None:
    service = either.one("AWS::ServiceDiscovery::Service").properties
    assert service["DnsConfig"]["DnsRecords"] == [{"TTL": 10, "Type": "A"}]
    names = either.one("AWS::ServiceDiscovery::PrivateDnsNamespace").properties
    assert given_to(either, "Server")["RESONATE_SERVER__URL"] == f"http://{service['Name']}.{names['Name']}:8001"


def test_its_clients_are_given_its_own_address(either: SynthesizedApp) -> None:
    url = given_to(either, "Server")["RESONATE_SERVER__URL"]
    assert given_to(either, "Worker")["RESONATE_URL"] == url
    trigger = either.one("AWS::Lambda::Function", "Trigger").properties["Environment"]["Variables"]
    assert trigger["RESONATE_URL"] == url


def test_it_is_told_what_makes_it_quick_and_safe(either: SynthesizedApp) -> None:
    given = given_to(either, "Server")
    assert given["RESONATE_MESSAGES__POLL_INTERVAL"] == "10"
    assert given["RESONATE_TASKS__RETRY_TIMEOUT"] == "5000"
    assert given["RESONATE_TRANSPORTS__HTTP_PUSH__ENABLED"] == "false"
    assert given["DB_SSLMODE"] == "require"


def test_its_health_check_outlasts_a_failover_of_three_minutes(either: SynthesizedApp) -> None:
    check = container(either, "Server")["HealthCheck"]
    assert check["Command"][0] == "CMD-SHELL"
    assert f"wget -q -T 3 -O /dev/null http://127.0.0.1:{ports.SERVER}/ready" in check["Command"][1]
    assert check["Interval"] * check["Retries"] >= 180
    assert check["Timeout"] > 3


def test_it_is_started_by_our_text_which_ends_in_the_server(either: SynthesizedApp) -> None:
    text = (ROOT / "stacks" / "server_entry.sh").read_text()
    body = container(either, "Server")
    assert body["EntryPoint"] == ["sh", "-c", text]
    assert "Command" not in body
    assert text.rstrip().endswith("exec resonate-server serve")


def test_the_keeper_may_fail_without_taking_the_server_along(either: SynthesizedApp) -> None:
    assert container(either, "Server")["Essential"] is True
    keeper = container(either, "Keeper")
    assert keeper["Essential"] is False
    assert keeper["RestartPolicy"] == {"Enabled": True, "RestartAttemptPeriod": 60}
    # ECS leaves alone what ended sooner than that.
    assert int(given_to(either, "Keeper")["LEAST_LIFE_SECONDS"]) > keeper["RestartPolicy"]["RestartAttemptPeriod"]


def test_it_may_write_nothing_and_is_not_root(either: SynthesizedApp) -> None:
    body = container(either, "Server")
    assert body["ReadonlyRootFilesystem"] is True
    assert "MountPoints" not in body
    assert int(body["User"].split(":")[0]) > 0


@pytest.mark.parametrize("part", ["Server", "Worker"])
def test_a_service_is_made_after_its_images_may_be_pulled_and_its_secrets_read(
    either: SynthesizedApp, part: str
) -> None:
    """Without that, its first tasks fail, and a deployment with them."""
    service = either.one("AWS::ECS::Service", f"{part}/{part}")
    policy = either.one("AWS::IAM::Policy", f"{part}/{part}/Task/ExecutionRole")
    assert policy.name in service.body["DependsOn"]


def test_the_keeper_keeps_history_longer_than_a_job_may_take(either: SynthesizedApp) -> None:
    assert int(given_to(either, "Keeper")["RETENTION_DAYS"]) > 30


def test_it_starts_after_its_keys_were_made(either: SynthesizedApp) -> None:
    service = either.one("AWS::ECS::Service", "Server/Server")
    assert either.one("Custom::Keys").name in service.body["DependsOn"]


def test_the_keys_are_made_by_a_function_that_may_by_then(either: SynthesizedApp) -> None:
    made = either.one("Custom::Keys")
    waits = {either.templates["Server"]["Resources"][name]["Type"] for name in made.body["DependsOn"]}
    assert {"AWS::IAM::Policy", "AWS::Lambda::Function"} <= waits
    function = either.one("AWS::Lambda::Function", "Keys").properties
    assert "VpcConfig" not in function  # it must reach Secrets Manager and CloudFormation
    assert function["Handler"] == "lambdas.keys.handler.handler"
    assert int(made.properties["ServiceTimeout"]) > function["Timeout"]


def test_secrets_of_keys_begin_empty_so_that_nothing_is_taken_for_a_key(either: SynthesizedApp) -> None:
    keys = [one for one in either.all("AWS::SecretsManager::Secret") if "Keys" in one.path]
    assert len(keys) == 4
    for secret in keys:
        assert not {"GenerateSecretString", "SecretString"} & secret.properties.keys()


def test_a_new_rotation_runs_the_keys_function_again(small: SynthesizedApp, synth: Synth) -> None:
    first = small.one("Custom::Keys").properties
    again = synth(*OPEN).one("Custom::Keys").properties
    assert {name for name in first if first[name] != again[name]} == {"Rotation"}


def test_its_image_may_come_from_a_registry_of_ones_own_which_it_may_then_pull_from(synth: Synth) -> None:
    app = synth(*TOKENS)
    task = app.one("AWS::ECS::TaskDefinition", "Server")
    image = str(app.meant("Server", container(app, "Server")["Image"]))
    assert image.startswith("111122223333.dkr.ecr.eu-central-1.")
    assert image.endswith(f"/mirror/resonate@sha256:{'0' * 64}")
    policies = [str(one.properties) for one in app.all("AWS::IAM::Policy") if one.stack == task.stack]
    assert any("ecr:eu-central-1:111122223333:repository/mirror/resonate" in policy for policy in policies)
