"""The doctor of a stack: state, API, bucket, tasks. Each defect is planted in the AWS that moto simulates."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import boto3  # type: ignore[import-untyped] # it has no types
import pytest

from durable.wire.clock import Clock
from ops.api import Api
from ops.aws.client import Client
from ops.aws.scaling import WorkerScaling
from ops.aws.session import Session
from ops.aws.stack import Stack
from ops.aws.stack_outputs import Output
from ops.doctor.check import Outcome, Verdict, run_checks
from ops.doctor.stack_checks import CHECKS, StackContext
from tests.ops.conftest import KEYS, REGION
from tests.ops.doctor_checks import select
from tests.ops.fake_server import FakeServer, Reply, Request, serve
from tests.ops.stacks import GROUP, KEPT_BUCKET, NAME, TOPIC, deploy, run_services, scale_workers, set_status
from tests.ops.terminal import Terminal

BUS_OF_ANOTHER_ACCOUNT = f"arn:aws:events:{REGION}:111122223333:event-bus/jobs"
REFUSAL = Reply(400, b'{"error":"jobId is required","code":"bad_request"}')


@pytest.fixture
def fake() -> Iterator[FakeServer]:
    """The API."""
    with serve(lambda _: REFUSAL) as served:
        yield served


def make_session() -> Session:
    """Return a session, whose clients ask the endpoints of the environment."""
    return Session(boto3.Session(KEYS["AWS_ACCESS_KEY_ID"], KEYS["AWS_SECRET_ACCESS_KEY"], region_name=REGION))


@pytest.fixture(scope="module")
def session(moto_url: str) -> Iterator[Session]:
    """A session whose clients ask the simulated AWS."""
    with pytest.MonkeyPatch.context() as variables:
        variables.setenv("AWS_ENDPOINT_URL", moto_url)
        yield make_session()


@pytest.fixture
def context(client: Client, session: Session, fake: FakeServer) -> StackContext:
    """A deployed stack with a cluster and both services."""
    deploy(client, fake.url)
    client("sns").create_topic(Name="job-events")
    run_services(client)
    scale_workers(client)
    stack = Stack(session, NAME)
    return StackContext(stack=stack, outputs=stack.read_outputs(), api=Api(fake.url), may_start_worker=False)


def judge(context: StackContext, name: str) -> Outcome:
    """Return the outcome of a check, for which those that it needs run, too."""
    [outcome] = [each.outcome for each in run_checks(context, select(CHECKS, name)) if each.name == name]
    return outcome


def test_a_good_stack_passes(context: StackContext) -> None:
    names = ("stack", "api", "api clock", "bucket", "notices", "database", "scaling")
    verdicts = {each.name: each.outcome.verdict for each in run_checks(context, select(CHECKS, *names))}
    assert verdicts == dict.fromkeys(names, Verdict.OK)


def test_a_database_that_was_restored_with_defaults_fails(context: StackContext, client: Client) -> None:
    """RDS restores into one zone, with its own parameters, unless the command says otherwise."""
    rds = client("rds")
    rds.create_db_parameter_group(  # moto has none of RDS' own
        DBParameterGroupName="default.postgres17", DBParameterGroupFamily="postgres17", Description="of RDS"
    )
    [instance] = rds.describe_db_instances()["DBInstances"]
    rds.modify_db_instance(
        DBInstanceIdentifier=instance["DBInstanceIdentifier"],
        MultiAZ=False,
        DBParameterGroupName="default.postgres17",
        ApplyImmediately=True,
    )
    outcome = judge(context, "database")
    assert outcome.verdict is Verdict.FAILED
    assert "MultiAZ is false, not true" in outcome.sentence
    assert "DBParameterGroupName is default." in outcome.sentence
    assert "Restore the database" in outcome.remedy


def test_drained_workers_are_a_warning(context: StackContext) -> None:
    outputs = context.outputs
    WorkerScaling(session=context.session, cluster="cluster", service=outputs[Output.WORKER_TASKS]).drain()
    outcome = judge(context, "scaling")
    assert (outcome.verdict, outcome.remedy) == (Verdict.WARNING, f"./longhand drain --stack {NAME} --resume")


def test_a_missing_bucket_fails(context: StackContext, client: Client) -> None:
    client("s3").delete_bucket(Bucket=KEPT_BUCKET)
    outcome = judge(context, "bucket")
    assert (outcome.verdict, outcome.sentence) == (Verdict.FAILED, f"the bucket {KEPT_BUCKET} is missing")


def test_a_forbidden_bucket_is_not_reported_as_missing(context: StackContext, monkeypatch: pytest.MonkeyPatch) -> None:
    with serve(lambda _: Reply(403)) as s3:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3.url)
        outcome = judge(replace(context, stack=Stack(make_session(), NAME)), "bucket")
    assert (outcome.verdict, outcome.sentence) == (
        Verdict.FAILED,
        "these credentials are not authorized for HeadBucket",
    )


def send_notices_to(context: StackContext, arn: str) -> StackContext:
    values = {**context.outputs.values, Output.NOTICE_CHANNEL: arn}
    return replace(context, outputs=replace(context.outputs, values=values))


def test_a_deleted_topic_or_event_bus_of_notices_fails(context: StackContext, client: Client) -> None:
    """The bus is looked for in the region of its ARN."""
    events = context.session.client("events", "us-west-2")
    bus = events.create_event_bus(Name="jobs")["EventBusArn"]
    good = judge(send_notices_to(context, bus), "notices")
    assert (good.verdict, good.sentence) == (Verdict.OK, "event-bus/jobs")
    events.delete_event_bus(Name="jobs")
    client("sns").delete_topic(TopicArn=TOPIC)
    for arn in (bus, TOPIC):
        outcome = judge(send_notices_to(context, arn), "notices")
        assert (outcome.verdict, outcome.sentence) == (
            Verdict.FAILED,
            f"{arn}, which notices are sent to, does not exist",
        )


def test_an_event_bus_of_another_account_is_not_asked_for(context: StackContext) -> None:
    outcome = judge(send_notices_to(context, BUS_OF_ANOTHER_ACCOUNT), "notices")
    assert outcome.verdict is Verdict.SKIPPED
    assert "its policy must allow events:PutEvents" in outcome.sentence


def test_a_service_without_tasks_fails(context: StackContext) -> None:
    """Moto starts no tasks."""
    outcome = judge(context, "worker")
    assert (outcome.verdict, outcome.sentence) == (Verdict.FAILED, "none of 1 tasks is running")
    assert "./longhand logs worker --stack Longhand" in outcome.remedy


def test_a_service_scaled_to_zero_fails(context: StackContext, client: Client) -> None:
    client("ecs").update_service(cluster="cluster", service="worker", desiredCount=0)
    assert judge(context, "worker").sentence == "scaled to zero tasks"


def test_a_rolled_back_deployment_is_a_warning(context: StackContext) -> None:
    set_status("UPDATE_ROLLBACK_COMPLETE")
    outcome = judge(context, "stack")
    assert (outcome.verdict, "works as before" in outcome.sentence) == (Verdict.WARNING, True)


def test_a_clock_that_is_off_by_ten_minutes(context: StackContext) -> None:
    off = replace(context, clock=Clock(now=lambda: time.time() + 600))
    assert "10 minutes ahead of" in judge(off, "api clock").sentence


class LoggingWorker:
    """The clock of a started worker: when the doctor sleeps, time passes and the worker logs its line or stops."""

    def __init__(self, client: Client, line: str) -> None:
        self.now = time.time()
        self._client = client
        self._line = line

    def read(self) -> float:
        """Return the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass and the worker log."""
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
        ('{"event": "worker_ready", "group": "documents", "duration": 1.234}', Verdict.OK, "its probe took 1.234 s"),
        (
            '{"event": "worker_failed", "message": "the server is incompatible: x"}',
            Verdict.FAILED,
            "is incompatible: x",
        ),
        ("STOPPED", Verdict.FAILED, "its task stopped (CannotPullContainerError)"),
    ],
)
def test_the_probe_starts_one_more_worker_reads_its_result_and_stops_it(
    context: StackContext, client: Client, line: str, verdict: Verdict, words: str
) -> None:
    """The lines are those of a real worker; test_doctor.py proves it."""
    worker = LoggingWorker(client, line)
    clock = Clock(now=worker.read, sleep=worker.sleep)
    outcome = judge(replace(context, may_start_worker=True, clock=clock), "probe")
    assert outcome.verdict is verdict, outcome
    assert words in outcome.sentence
    [task] = client("ecs").describe_tasks(
        cluster="cluster", tasks=client("ecs").list_tasks(cluster="cluster", desiredStatus="STOPPED")["taskArns"]
    )["tasks"]
    assert task["lastStatus"] == "STOPPED"


def test_the_probe_waits_for_a_task_that_ecs_does_not_list_yet(
    context: StackContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ECS lists a new task after a moment; this ECS never lists it."""
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
    with serve(answer) as ecs:
        monkeypatch.setenv("AWS_ENDPOINT_URL_ECS", ecs.url)
        clock = Clock(now=now.__next__, sleep=lambda _: None)
        stack = Stack(make_session(), NAME)
        outcome = judge(replace(context, stack=stack, may_start_worker=True, clock=clock), "probe")
    assert outcome.sentence == "one more worker did not become ready: no result within 5 minutes"
    assert ecs.requests[-1].headers["X-Amz-Target"].endswith(".StopTask")


def test_doctor_reports_a_bad_stack_and_exits_with_1(on_aws: Terminal, context: StackContext) -> None:
    ended = on_aws.run("doctor", "--quick", "--stack", context.stack.name)
    assert ended.code == 1, ended
    assert "none of 1 tasks is running" in ended.out
    assert ended.out.endswith("2 checks failed.\n")
