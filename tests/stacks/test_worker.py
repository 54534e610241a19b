"""Workers: an image with nothing too much in it, a root that cannot be written, time to leave, and enough of them."""

import json
import re
from pathlib import Path

import pytest

from durable.runtime import Settings as RuntimeSettings
from tests.images.build_context import visible
from worker.health import QUESTIONS

from .conftest import OPEN, ROOT, Synth, image_context
from .synthesized_app import SynthesizedApp
from .test_environment import container, given_to


def test_it_may_write_to_one_volume_only(either: SynthesizedApp) -> None:
    body = container(either, "Worker")
    assert body["ReadonlyRootFilesystem"] is True
    [mount] = body["MountPoints"]
    assert mount == {"ContainerPath": "/work", "ReadOnly": False, "SourceVolume": "work"}
    assert 'VOLUME ["/work"]' in (ROOT / "worker" / "Dockerfile").read_text()  # so it belongs to the image's user
    [volume] = either.one("AWS::ECS::TaskDefinition", "Worker").properties["Volumes"]
    assert volume == {"Name": "work"}


def test_it_is_killed_only_after_its_grace_and_what_comes_after_that(either: SynthesizedApp) -> None:
    given = given_to(either, "Worker")
    cleaning_up = RuntimeSettings(url="http://server", group="g").cleanup_timeout
    assert container(either, "Worker")["StopTimeout"] > int(given["WORKER_GRACE_SECONDS"]) + cleaning_up + 10


CHILD = 665  # MiB at most, both recognitions together; see worker/documents/pages.py
ITSELF = 256  # MiB: 75 measured, 120 with the library of a model


def test_there_is_memory_for_every_slot_at_once(either: SynthesizedApp) -> None:
    memory = int(either.one("AWS::ECS::TaskDefinition", "Worker").properties["Memory"])
    given = given_to(either, "Worker")
    children = int(given["WORKER_SLOTS"]) + int(given["WORKER_PAGE_SLOTS"])
    assert ITSELF + children * CHILD <= memory * 0.9  # above it, an alarm tells


def test_the_health_check_is_the_workers_own(either: SynthesizedApp) -> None:
    check = container(either, "Worker")["HealthCheck"]
    assert check["Command"] == ["CMD", "python", "-m", "worker.health", "steady"]  # an outage of others is no illness
    assert check["Command"][-1] in QUESTIONS
    assert check["Interval"] * check["Retries"] >= 180  # until it is ready for the first time


def test_a_new_version_is_there_before_the_old_one_leaves(either: SynthesizedApp) -> None:
    deployment = either.one("AWS::ECS::Service", "Worker/Worker").properties["DeploymentConfiguration"]
    assert (deployment["MinimumHealthyPercent"], deployment["MaximumPercent"]) == (100, 200)
    assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}


def test_a_deployment_does_not_change_how_many_there_are(either: SynthesizedApp) -> None:
    assert "DesiredCount" not in either.one("AWS::ECS::Service", "Worker/Worker").properties


def test_they_are_on_spot_as_far_as_the_profile_dares(small: SynthesizedApp, production: SynthesizedApp) -> None:
    spot = {"CapacityProvider": "FARGATE_SPOT", "Weight": 1}
    service = small.one("AWS::ECS::Service", "Worker/Worker").properties
    assert service["CapacityProviderStrategy"] == [spot]
    service = production.one("AWS::ECS::Service", "Worker/Worker").properties
    assert service["CapacityProviderStrategy"] == [spot, {"CapacityProvider": "FARGATE", "Base": 2, "Weight": 0}]


def test_spot_can_be_left_out(synth: Synth) -> None:
    service = synth(*OPEN).one("AWS::ECS::Service", "Worker/Worker").properties
    assert service["CapacityProviderStrategy"] == [{"CapacityProvider": "FARGATE", "Weight": 1}]


def test_no_worker_is_stopped_only_to_be_in_another_zone(either: SynthesizedApp) -> None:
    assert either.one("AWS::ECS::Service", "Worker/Worker").properties["AvailabilityZoneRebalancing"] == "DISABLED"


def test_more_come_when_processors_are_busy_or_jobs_wait(either: SynthesizedApp) -> None:
    by_name = {
        one.properties["PolicyName"]: one.properties for one in either.all("AWS::ApplicationAutoScaling::ScalingPolicy")
    }
    [behind] = [body for name, body in by_name.items() if name == "Behind"]
    policy = behind["TargetTrackingScalingPolicyConfiguration"]
    *looked_at, each = policy["CustomizedMetricSpecification"]["Metrics"]
    due = [one["MetricStat"]["Metric"] for one in looked_at if one["MetricStat"]["Metric"]["Namespace"] == "Longhand"]
    assert [one["MetricName"] for one in due] == ["TasksDue", "TasksDue"]
    assert [one["Dimensions"][0]["Value"] for one in due] == ["documents", "chunks"]
    given = given_to(either, "Worker")
    filled = {"due": 2 * int(given["WORKER_CONCURRENCY"]), "chunks": 4 * int(given["WORKER_CHUNK_CONCURRENCY"])}
    sums = each["Expression"].split(" / IF(")[0]
    for name, number in filled.items():
        sums = sums.replace(name, str(number))
    assert re.fullmatch(r"[0-9+/ ()]+", sums)
    assert eval(sums) == 2 + 4  # noqa: S307 an expression of numbers; for each place, as many as wait
    assert policy["TargetValue"] == 2
    assert "ECSServiceAverageCPUUtilization" in str(by_name)
    assert {body["PolicyType"] for body in by_name.values()} == {"TargetTrackingScaling"}


@pytest.mark.parametrize("program", ["worker", "keeper"])
def test_an_image_is_sent_what_its_dockerfile_copies_and_no_more(small: SynthesizedApp, program: str) -> None:
    text = (ROOT / program / "Dockerfile").read_text()
    copied = {words.split()[0].split("/")[0] for words in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE)}
    assets = json.loads((small.folder / "Longhand.assets.json").read_text())["dockerImages"].values()
    [source] = [one["source"] for one in assets if one["source"]["dockerFile"] == f"{program}/Dockerfile"]
    context = image_context(small, program)
    assert {path.name for path in context.iterdir()} - {".dockerignore"} == copied
    assert source["platform"] == "linux/arm64"
    assert not list(context.rglob("__pycache__"))
    theirs = {file.relative_to(context) for file in context.rglob("*") if file.is_file()}
    # Only what the repository has: nothing of a user's, and all that a builder would see of it.
    assert {file for file in theirs if file.name not in {".dockerignore", "Dockerfile"}} == {
        Path(file) for file in visible(ROOT) if file.parts[0] in copied
    }


def test_processors_of_another_kind_can_be_chosen(synth: Synth) -> None:
    app = synth(*OPEN)
    for task in app.all("AWS::ECS::TaskDefinition"):
        assert task.properties["RuntimePlatform"]["CpuArchitecture"] == "X86_64"
