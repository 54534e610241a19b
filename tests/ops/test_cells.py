"""The command knows the cells of a stack: it drains the workers of all, checks each, and shows the logs of one."""

import pytest

from ops.aws.client import Client
from ops.aws.stack_outputs import Output, Outputs
from ops.doctor.check import Outcome, Verdict, fail, join_cells, ok, warn
from ops.errors import UserError
from tests.ops.stacks import NAME, deploy, scale_workers
from tests.ops.terminal import Terminal

TWO = Outputs("Longhand", {"WorkerTasks": "one", "WorkerTasks2": "two", "WorkerTasksOfOthers": "none"})
GOOD, BAD = ok("1 of 1 tasks is healthy"), fail("none is healthy", "see the log")


def test_the_outputs_of_a_cell_have_its_number() -> None:
    assert TWO.list_cells(Output.WORKER_TASKS) == {"1": "one", "2": "two"}
    assert TWO.of_cell(Output.WORKER_TASKS, "2") == "two"
    with pytest.raises(UserError, match="the stack Longhand has no cell 3"):
        TWO.of_cell(Output.WORKER_TASKS, "3")


@pytest.mark.parametrize(
    ("outcomes", "joined"),
    [
        ({"1": GOOD}, GOOD),
        ({"1": GOOD, "2": GOOD}, ok("1 of 1 tasks is healthy, in each of 2 cells")),
        ({"1": GOOD, "2": BAD}, fail("cell 2: none is healthy", "see the log")),
        ({"1": warn("drained", "resume"), "2": GOOD}, Outcome(Verdict.WARNING, "cell 1: drained", "resume")),
    ],
)
def test_a_check_of_all_cells_names_the_one_that_is_not_well(outcomes: dict[str, Outcome], joined: Outcome) -> None:
    assert join_cells(outcomes) == joined


def test_draining_stops_the_workers_of_every_cell(on_aws: Terminal, client: Client) -> None:
    deploy(client, cells=2)
    ecs = client("ecs")
    ecs.create_cluster(clusterName="cluster")
    ecs.register_task_definition(family="worker", containerDefinitions=[{"name": "worker", "image": "i", "memory": 1}])
    for service in ("worker", "worker-2"):
        ecs.create_service(cluster="cluster", serviceName=service, taskDefinition="worker", desiredCount=3)
        scale_workers(client, service)
    assert on_aws.run("drain", "--stack", NAME).code == 0
    services = ecs.describe_services(cluster="cluster", services=["worker", "worker-2"])["services"]
    assert [service["desiredCount"] for service in services] == [0, 0]
    assert "2 start" in on_aws.run("drain", "--stack", NAME, "--resume").out


def test_the_log_of_a_cell_that_does_not_exist_is_one_sentence(on_aws: Terminal, client: Client) -> None:
    deploy(client)
    ended = on_aws.run("logs", "worker", "--stack", NAME, "--cell", "2")
    assert "the stack Longhand has no cell 2" in ended.err
