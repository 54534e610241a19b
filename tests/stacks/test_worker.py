"""Workers: their image, read-only root, shutdown, memory, and autoscaling."""

import json
import re
from pathlib import Path

import pytest

from contract.names import CHUNKS, DOCUMENTS, FUNCTIONS, PAGES
from durable.runtime import Settings as RuntimeSettings
from tests.images.build_context import list_context
from worker.health import QUESTIONS

from .conftest import OPEN_API, ROOT, Synth, image_context
from .environments import container_environment, find_container
from .synthesized_app import Json, SynthesizedApp


def test_the_worker_can_write_to_one_volume_only(app: SynthesizedApp) -> None:
    body = find_container(app, "Worker")
    assert body["ReadonlyRootFilesystem"] is True
    [mount] = body["MountPoints"]
    assert mount == {"ContainerPath": "/work", "ReadOnly": False, "SourceVolume": "work"}
    assert 'VOLUME ["/work"]' in (ROOT / "worker" / "Dockerfile").read_text()  # so the image's user owns it
    [volume] = app.find("AWS::ECS::TaskDefinition", "Worker").properties["Volumes"]
    assert volume == {"Name": "work"}


def test_ecs_kills_a_worker_only_after_its_grace_and_cleanup(app: SynthesizedApp) -> None:
    env = container_environment(app, "Worker")
    cleanup = RuntimeSettings(url="http://server", group="g").cleanup_timeout
    assert find_container(app, "Worker")["StopTimeout"] > int(env["WORKER_GRACE_SECONDS"]) + cleanup + 10


CHILD_MEBIBYTES = 650  # that it adds at most: 500 with both OCR engines, 637 with a Word file of 38 MB of XML
PARENT_MEBIBYTES = 450  # the worker with the library of a model 150, the fork servers for documents 50 and for OCR 250


def test_memory_suffices_for_all_slots(app: SynthesizedApp) -> None:
    memory = int(app.find("AWS::ECS::TaskDefinition", "Worker").properties["Memory"])
    env = container_environment(app, "Worker")
    children = int(env["WORKER_SLOTS"]) + int(env["WORKER_PAGE_SLOTS"])
    assert PARENT_MEBIBYTES + children * CHILD_MEBIBYTES <= memory * 0.9  # above 90 %, an alarm fires


def test_the_health_check_is_the_workers_own_command(app: SynthesizedApp) -> None:
    check = find_container(app, "Worker")["HealthCheck"]
    assert check["Command"] == ["CMD", "python", "-m", "worker.health", "steady"]  # healthy in an outage of the server
    assert check["Command"][-1] in QUESTIONS
    assert check["Interval"] * check["Retries"] >= 180  # time to become ready for the first time


def test_new_workers_run_before_old_ones_stop(app: SynthesizedApp) -> None:
    deployment = app.find("AWS::ECS::Service", "Worker/Worker").properties["DeploymentConfiguration"]
    assert (deployment["MinimumHealthyPercent"], deployment["MaximumPercent"]) == (100, 200)
    assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}


def test_a_deployment_keeps_the_number_of_workers(app: SynthesizedApp) -> None:
    assert "DesiredCount" not in app.find("AWS::ECS::Service", "Worker/Worker").properties


def test_the_fewest_workers_need_no_spot(app: SynthesizedApp) -> None:
    """Where Spot has no capacity, jobs go on, and a deployment finishes: more workers only shorten a backlog."""
    service = app.find("AWS::ECS::Service", "Worker/Worker").properties
    fewest = app.find("AWS::ApplicationAutoScaling::ScalableTarget").properties["MinCapacity"]
    spot = {"CapacityProvider": "FARGATE_SPOT", "Weight": 1}
    assert service["CapacityProviderStrategy"] == [spot, {"CapacityProvider": "FARGATE", "Base": fewest, "Weight": 0}]


def test_another_capacity_forces_a_new_deployment(
    small: SynthesizedApp, production: SynthesizedApp, synth: Synth
) -> None:
    """ECS refuses another strategy for a service without one, so `-c spot=false` on a deployed stack would fail."""
    services = [app.find("AWS::ECS::Service", "Worker").properties for app in (small, production, synth(*OPEN_API))]
    forced = [service["ForceNewDeployment"] for service in services]
    assert all(one["EnableForceNewDeployment"] for one in forced)
    assert len({one["ForceNewDeploymentNonce"] for one in forced}) == 3


def test_workers_can_run_without_spot(synth: Synth) -> None:
    service = synth(*OPEN_API).find("AWS::ECS::Service", "Worker/Worker").properties
    assert service["CapacityProviderStrategy"] == [{"CapacityProvider": "FARGATE", "Weight": 1}]


def test_zone_rebalancing_stops_no_worker(app: SynthesizedApp) -> None:
    assert app.find("AWS::ECS::Service", "Worker/Worker").properties["AvailabilityZoneRebalancing"] == "DISABLED"


def test_workers_scale_by_cpu_and_due_tasks(app: SynthesizedApp) -> None:
    by_name = find_policies(app)
    [behind] = [body for name, body in by_name.items() if name == "Behind"]
    policy = behind["TargetTrackingScalingPolicyConfiguration"]
    *metrics, expression = policy["CustomizedMetricSpecification"]["Metrics"]
    due = [one["MetricStat"]["Metric"] for one in metrics if one["MetricStat"]["Metric"]["Namespace"] == "Longhand"]
    assert {one["MetricName"] for one in due} == {"TasksDue"}
    assert [one["Dimensions"][0]["Value"] for one in due] == ["documents", "chunks", "functions"]
    env = container_environment(app, "Worker")
    filled = {
        "due": 2 * int(env["WORKER_CONCURRENCY"]),
        "chunks": 4 * int(env["WORKER_CHUNK_CONCURRENCY"]),
        "functions": 8 * int(env["WORKER_FUNCTION_CONCURRENCY"]),
    }
    assert sum_due(expression["Expression"], filled) == 2 + 4 + 8  # due tasks for each one that a worker runs
    assert policy["TargetValue"] == 2
    assert "ECSServiceAverageCPUUtilization" in str(by_name)
    assert {body["PolicyType"] for body in by_name.values()} == {"TargetTrackingScaling"}


def test_pages_scale_workers_if_textract_reads_them(synth: Synth) -> None:
    """They cost no CPU then, and the job that waits for them is not due."""
    app = synth(*OPEN_API)
    policy = find_policies(app)["Behind"]["TargetTrackingScalingPolicyConfiguration"]
    *metrics, expression = policy["CustomizedMetricSpecification"]["Metrics"]
    groups = [one["MetricStat"]["Metric"]["Dimensions"][0]["Value"] for one in metrics[:4]]
    assert groups == [DOCUMENTS, CHUNKS, FUNCTIONS, PAGES]
    pages = 500 * int(container_environment(app, "Worker")["WORKER_PAGE_SLOTS"])
    assert sum_due(expression["Expression"], {"due": 0, "chunks": 0, "functions": 0, "pages": pages}) == 500


def find_policies(app: SynthesizedApp) -> dict[str, Json]:
    return {
        one.properties["PolicyName"]: one.properties
        for one in app.find_all("AWS::ApplicationAutoScaling::ScalingPolicy")
    }


def sum_due(expression: str, filled: dict[str, int]) -> float:
    """Evaluate the due tasks of one worker with numbers in place of metrics."""
    sums = expression.split(" / IF(", maxsplit=1)[0]
    for name, number in filled.items():
        sums = sums.replace(f"FILL({name}, 0)", str(number)).replace(name, str(number))
    assert re.fullmatch(r"[0-9+/ ()]+", sums)
    return float(eval(sums))  # noqa: S307 numbers only


@pytest.mark.parametrize("program", ["worker", "keeper"])
def test_a_build_context_holds_exactly_what_the_dockerfile_copies(small: SynthesizedApp, program: str) -> None:
    text = (ROOT / program / "Dockerfile").read_text()
    copied = {words.split()[0].split("/")[0] for words in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE)}
    assets = json.loads((small.folder / "Longhand.assets.json").read_text())["dockerImages"].values()
    [source] = [one["source"] for one in assets if one["source"]["dockerFile"] == f"{program}.Dockerfile"]
    context = image_context(small, f"{program}/Dockerfile")
    assert (context / source["dockerFile"]).read_text() == text
    assert {path.name for path in context.iterdir()} - {".dockerignore", source["dockerFile"]} == copied
    assert source["platform"] == "linux/arm64"
    assert not list(context.rglob("__pycache__"))
    files = {file.relative_to(context) for file in context.rglob("*") if file.is_file()}
    # Exactly the files of the repository that .dockerignore lets through.
    assert {file for file in files if file.name not in {".dockerignore", source["dockerFile"]}} == {
        Path(file) for file in list_context(ROOT) if file.parts[0] in copied
    }


def test_the_processor_architecture_can_be_chosen(synth: Synth) -> None:
    app = synth(*OPEN_API)
    for task in app.find_all("AWS::ECS::TaskDefinition"):
        assert task.properties["RuntimePlatform"]["CpuArchitecture"] == "X86_64"
