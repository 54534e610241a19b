"""Draining stops all workers, and the autoscaling starts none until they are resumed."""

import pytest

from ops.aws.client import Client
from tests.ops.stacks import NAME, deploy, scale_workers
from tests.ops.terminal import Terminal


@pytest.fixture
def workers(client: Client) -> Client:
    """A deployed stack with three workers."""
    deploy(client)
    ecs = client("ecs")
    ecs.create_cluster(clusterName="cluster")
    ecs.register_task_definition(family="worker", containerDefinitions=[{"name": "worker", "image": "i", "memory": 1}])
    ecs.create_service(cluster="cluster", serviceName="worker", taskDefinition="worker", desiredCount=3)
    scale_workers(client)
    return client


def read_count(client: Client) -> int:
    [service] = client("ecs").describe_services(cluster="cluster", services=["worker"])["services"]
    return int(service["desiredCount"])


def read_suspended(client: Client) -> dict[str, bool]:
    [target] = client("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 3), "the next deployment finds them as they were"
    suspended: dict[str, bool] = target["SuspendedState"]
    return suspended


def test_draining_stops_all_workers_and_suspends_the_autoscaling(on_aws: Terminal, workers: Client) -> None:
    """Otherwise it would start workers again while jobs wait, which is when an operator drains."""
    ended = on_aws.run("drain", "--stack", NAME)
    assert (ended.code, f"./longhand drain --stack {NAME} --resume" in ended.out) == (0, True), ended
    assert read_count(workers) == 0
    assert len(read_suspended(workers)) == 3
    assert all(read_suspended(workers).values())


def test_resuming_starts_the_workers_that_always_run(on_aws: Terminal, workers: Client) -> None:
    on_aws.run("drain", "--stack", NAME)
    assert on_aws.run("drain", "--stack", NAME, "--resume").code == 0
    assert read_count(workers) == 1
    assert not any(read_suspended(workers).values())


def test_a_service_without_autoscaling_is_one_sentence(on_aws: Terminal, client: Client) -> None:
    deploy(client)
    ended = on_aws.run("drain", "--stack", NAME, "--resume")
    assert "Traceback" not in ended.err
    assert "the service worker has no autoscaling" in ended.err
