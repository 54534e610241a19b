"""A notice goes to the folder or topic of the settings, with a key that identifies a repetition."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped] # it has no types
import pytest

from contract.answers import Reason
from contract.job import DocumentType
from contract.notice import JobEvent, Notice, Outcome, Stage, WaitNotice
from durable import TemporaryError
from worker.adapters.channels import EventBus, Outbox, Topic, open_channel

NOTICE = Notice(
    key="job-1.done",
    job_id="job-1",
    requester_id="client",
    type=DocumentType.INVOICE,
    outcome=Outcome.DONE,
    at="2026-11-21T10:00:00.000+00:00",
    stored_at="s3://bucket/jobs/job-1/result.json",
)
WAIT = WaitNotice(
    stage=Stage.ASKED,
    key="job-3.waiting.5.0",
    job_id="job-3",
    requester_id="client",
    type=DocumentType.INVOICE,
    at="2026-11-21T10:00:00.000+00:00",
    reason=Reason.COST,
    message="it would cost more",
    decision="job-3:5",
    promise="doc/job-3:5",
    until="2026-12-21T10:00:00.000+00:00",
)
WEBHOOKS_PAGE = Path(__file__).parents[2] / "docs" / "webhooks.md"


def test_a_notice_that_is_sent_twice_is_one_file_in_a_folder(tmp_path: Path) -> None:
    channel = open_channel((tmp_path / "out box").as_uri())
    assert isinstance(channel, Outbox)
    asyncio.run(channel(NOTICE))
    asyncio.run(channel(NOTICE))
    (file,) = (tmp_path / "out box").iterdir()
    assert Notice.model_validate_json(file.read_text()) == NOTICE


def create_queue(topic: str) -> str:
    """Subscribe a new queue to the topic; return its URL."""
    fifo = topic.endswith(".fifo")
    sqs = boto3.client("sqs")
    attributes = {"FifoQueue": "true"} if fifo else {}
    url: str = sqs.create_queue(QueueName="queue" + ".fifo" * fifo, Attributes=attributes)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return url


@pytest.mark.usefixtures("aws")
def test_a_topic_gets_the_notice_with_attributes_to_filter_by() -> None:
    topic = boto3.client("sns").create_topic(Name="notices")["TopicArn"]
    queue = create_queue(topic)
    asyncio.run(open_channel(topic)(NOTICE))
    (message,) = boto3.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    body = json.loads(message["Body"])
    assert Notice.model_validate_json(body["Message"]) == NOTICE
    assert {name: one["Value"] for name, one in body["MessageAttributes"].items()} == {
        "key": "job-1.done",
        "outcome": "done",
        "type": "invoice",
    }


@pytest.mark.usefixtures("aws")
def test_a_topic_is_reached_in_the_region_that_its_arn_names() -> None:
    """The region need not be the worker's own."""
    topic = boto3.client("sns", region_name="us-west-2").create_topic(Name="far-away")["TopicArn"]
    asyncio.run(open_channel(topic)(NOTICE))


class FakePublisher:
    """Keeps the arguments of the last publication."""

    def __init__(self) -> None:
        self.arguments: dict[str, Any] = {}

    def publish(self, **arguments: Any) -> None:  # noqa: ANN401 as boto3 declares it
        self.arguments = arguments


def test_a_fifo_topic_gets_a_deduplication_id() -> None:
    publisher = FakePublisher()
    asyncio.run(Topic("arn:aws:sns:eu-central-1:1:notices.fifo", publisher, ())(NOTICE))
    assert publisher.arguments["MessageGroupId"] == "job-1"
    assert publisher.arguments["MessageDeduplicationId"] == "job-1.done"


def create_rule(bus: str, pattern: str) -> str:
    """Send the events of a bus that match to a new queue; return its URL."""
    sqs, events = boto3.client("sqs"), boto3.client("events")
    url: str = sqs.create_queue(QueueName=bus.rpartition("/")[2])["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="done", EventBusName=bus, EventPattern=pattern)
    events.put_targets(Rule="done", EventBusName=bus, Targets=[{"Id": "1", "Arn": arn}])
    return url


@pytest.mark.usefixtures("aws")
def test_an_event_bus_gets_the_notice_as_a_cloud_event_to_make_rules_for() -> None:
    bus = boto3.client("events").create_event_bus(Name="jobs")["EventBusArn"]
    queue = create_rule(bus, json.dumps({"detail-type": ["longhand.job.done.v1"]}))
    channel = open_channel(bus)
    assert isinstance(channel, EventBus)
    asyncio.run(channel(NOTICE))
    (message,) = boto3.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    event = json.loads(message["Body"])
    assert (event["source"], event["detail-type"]) == ("urn:longhand:jobs", "longhand.job.done.v1")
    assert event["detail"] == JobEvent.of_notice(NOTICE).to_cloud_event()


@pytest.mark.usefixtures("aws")
def test_the_rule_in_the_docs_selects_finished_contracts_and_waits_that_begin() -> None:
    page = WEBHOOKS_PAGE.read_text()
    (pattern,) = re.findall(r'```json\n(\{"source": .*?)```', page, re.DOTALL)
    bus = boto3.client("events").create_event_bus(Name="contracts")["EventBusArn"]
    queue = create_rule(bus, pattern)
    contract = NOTICE.model_copy(update={"key": "job-2.done", "type": DocumentType.CONTRACT})
    for notice in (NOTICE, contract, WAIT, WAIT.model_copy(update={"key": "late", "stage": Stage.REMINDER})):
        asyncio.run(open_channel(bus)(notice))
    messages = boto3.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert {json.loads(one["Body"])["detail"]["id"] for one in messages} == {"job-2.done", WAIT.key}


class FullBus:
    """Answers that it did not take the event."""

    def put_events(self, **_: Any) -> dict[str, Any]:  # noqa: ANN401 as boto3 declares it
        return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException", "ErrorMessage": "later"}]}


def test_an_event_that_the_bus_did_not_take_is_put_again() -> None:
    """The request itself succeeds."""
    bus = EventBus("arn:aws:events:eu-central-1:1:event-bus/jobs", FullBus(), ())
    with pytest.raises(TemporaryError, match="it is sent again") as caught:
        asyncio.run(bus(NOTICE))
    assert caught.value.after is not None
