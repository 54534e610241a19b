"""The doctor of a stack: state, API, bucket, tasks. Each fault is planted in the AWS that moto plays."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import boto3  # type: ignore[import-untyped] # it has no types
import pytest

from ops.api import Api
from ops.aws.client import Client
from ops.aws.session import Session
from ops.aws.stack import Stack
from ops.clock import Clock
from ops.doctor.check import CheckResult, Verdict, examine
from ops.doctor.cloud_checks import CHECKS, StackContext
from ops.laptop import Laptop
from tests.ops.conftest import KEYS, REGION
from tests.ops.stacks import GROUP, NAME, STAYING, deploy, set_status
from tests.ops.terminal import Terminal
from tests.ops.web import Reply, Request, Web, serving

NO_TARGET = Reply(400, b'{"error":"jobId is required","code":"bad_request"}')


@pytest.fixture
def web() -> Iterator[Web]:
    """The API."""
    with serving(lambda _: NO_TARGET) as served:
        yield served


@pytest.fixture
def scene(aws: str, client: Client, web: Web, monkeypatch: pytest.MonkeyPatch) -> StackContext:
    """A deployed stack with a cluster and both services."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws)
    deploy(client, web.url)
    ecs = client("ecs")
    subnet = client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    group = client("ec2").describe_security_groups()["SecurityGroups"][0]["GroupId"]
    ecs.create_cluster(clusterName="cluster")
    for name in ("server", "worker"):
        container = {"name": name, "image": "image", "cpu": 256, "memory": 512}
        ecs.register_task_definition(
            family=name,
            cpu="256",
            memory="512",
            containerDefinitions=[container],
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
        )
        network = {"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [group]}}
        ecs.create_service(
            cluster="cluster", serviceName=name, taskDefinition=name, desiredCount=1, networkConfiguration=network
        )
    session = Session(boto3.Session(KEYS["AWS_ACCESS_KEY_ID"], KEYS["AWS_SECRET_ACCESS_KEY"], region_name=REGION))
    stack = Stack(session, NAME)
    return StackContext(stack=stack, outputs=stack.outputs(), api=Api(web.url), may_start=False)


def found(scene: StackContext) -> dict[str, CheckResult]:
    return {finding.name: finding for finding in examine(scene, CHECKS)}


def test_what_holds_is_seen_to_hold(scene: StackContext) -> None:
    verdicts = {name: finding.outcome.verdict for name, finding in found(scene).items()}
    assert {verdicts[name] for name in ("stack", "api", "api clock", "bucket")} == {Verdict.OK}


def test_a_missing_bucket(scene: StackContext, client: Client) -> None:
    client("s3").delete_bucket(Bucket=STAYING)
    outcome = found(scene)["bucket"].outcome
    assert (outcome.verdict, outcome.sentence) == (Verdict.FAILED, f"the bucket {STAYING} is missing")


def test_a_bucket_that_we_may_not_see_is_not_called_missing(
    scene: StackContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(lambda _: Reply(403)) as s3:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3.url)
        outcome = found(scene)["bucket"].outcome
    assert (outcome.verdict, outcome.sentence) == (Verdict.FAILED, "these credentials may not HeadBucket")


def test_no_task_runs(scene: StackContext) -> None:
    """Moto starts none."""
    outcome = found(scene)["worker"].outcome
    assert (outcome.verdict, outcome.sentence) == (Verdict.FAILED, "none of 1 tasks runs")
    assert "./longhand logs worker --stack Longhand" in outcome.remedy


def test_a_service_that_is_scaled_to_nothing(scene: StackContext, client: Client) -> None:
    client("ecs").update_service(cluster="cluster", service="worker", desiredCount=0)
    assert found(scene)["worker"].outcome.sentence == "it is scaled to nothing"


def test_a_deployment_that_was_rolled_back(scene: StackContext) -> None:
    set_status("UPDATE_ROLLBACK_COMPLETE")
    outcome = found(scene)["stack"].outcome
    assert (outcome.verdict, "works as before" in outcome.sentence) == (Verdict.WARNING, True)


def test_a_clock_that_is_off_by_ten_minutes(scene: StackContext) -> None:
    off = replace(scene, clock=Clock(now=lambda: time.time() + 600))
    assert "10 minutes ahead of" in found(off)["api clock"].outcome.sentence


class Spoken:
    """Time goes on when somebody sleeps, and then the worker that was started says something."""

    def __init__(self, client: Client, line: str) -> None:
        self.now = time.time()
        self._client = client
        self._line = line

    def clock(self) -> float:
        """Tell the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let it go on."""
        self.now += seconds
        [arn] = self._client("ecs").list_tasks(cluster="cluster", startedBy="longhand doctor")["taskArns"]
        if self._line == "STOPPED":
            self._client("ecs").stop_task(cluster="cluster", task=arn, reason="CannotPullContainerError")
        else:
            stream = {"logGroupName": GROUP, "logStreamName": f"worker/Worker/{arn.rpartition('/')[2]}"}
            self._client("logs").create_log_stream(**stream)
            event = {"timestamp": int(time.time() * 1000), "message": self._line}
            self._client("logs").put_log_events(**stream, logEvents=[event])


@pytest.mark.parametrize(
    ("line", "verdict", "words"),
    [
        ('{"event": "worker_ready", "duration": 1.234}', Verdict.OK, "its probe took 1.234 s"),
        ('{"event": "worker_failed", "message": "the server does not fit: x"}', Verdict.FAILED, "does not fit: x"),
        ("STOPPED", Verdict.FAILED, "its task stopped (CannotPullContainerError)"),
    ],
)
def test_one_more_worker_is_started_asked_and_stopped(
    scene: StackContext, client: Client, line: str, verdict: Verdict, words: str
) -> None:
    """What it says are the lines of a real worker; that they are is tested below."""
    spoken = Spoken(client, line)
    outcome = found(replace(scene, may_start=True, clock=Clock(now=spoken.clock, sleep=spoken.sleep)))["probe"].outcome
    assert outcome.verdict is verdict, outcome
    assert words in outcome.sentence
    [task] = client("ecs").describe_tasks(
        cluster="cluster", tasks=client("ecs").list_tasks(cluster="cluster", desiredStatus="STOPPED")["taskArns"]
    )["tasks"]
    assert task["lastStatus"] == "STOPPED"


def test_a_worker_that_ecs_does_not_list_yet_is_waited_for(
    scene: StackContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a moment after it was started; this ECS never lists it."""
    arn = "arn:aws:ecs:eu-central-1:123456789012:task/cluster/new"
    answers = {
        "DescribeServices": {"services": [{"taskDefinition": "worker"}]},
        "RunTask": {"tasks": [{"taskArn": arn}]},
        "DescribeTasks": {"tasks": [], "failures": [{"arn": arn, "reason": "MISSING"}]},
        "StopTask": {"task": {}},
    }

    def answer(request: Request) -> Reply:
        action = request.headers["X-Amz-Target"].rpartition(".")[2]
        return Reply(200, json.dumps(answers[action]).encode(), {"content-type": "application/x-amz-json-1.1"})

    now = count(int(time.time()), 60)
    with serving(answer) as ecs:
        monkeypatch.setenv("AWS_ENDPOINT_URL_ECS", ecs.url)
        outcome = found(replace(scene, may_start=True, clock=Clock(now=now.__next__, sleep=lambda _: None)))["probe"]
    assert outcome.outcome.sentence == "one more worker did not come up: it said nothing in 5 minutes"
    assert ecs.asked[-1].headers["X-Amz-Target"].endswith(".StopTask")


def test_the_lines_that_are_looked_for_are_those_of_a_real_worker(laptop: Laptop) -> None:
    lines = [json.loads(line) for line in (laptop.store.parent / "worker.log").read_text().splitlines()]
    ready = [line for line in lines if line.get("event") == "worker_ready"]
    assert len(ready) == 2  # one of each group that it serves
    assert all(line["duration"] > 0 and "message" in line for line in ready)


def test_the_command_says_it_and_fails(on_aws: Terminal, scene: StackContext) -> None:
    ended = on_aws.run("doctor", "--quick", "--stack", scene.stack.name)
    assert ended.code == 1, ended
    assert "none of 1 tasks runs" in ended.out
    assert ended.out.endswith("2 failed.\n")
