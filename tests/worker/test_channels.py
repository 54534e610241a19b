"""A notice goes to the folder or topic of the settings, with a key that identifies a repetition."""

import asyncio
import json
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped] # it has no types
import pytest

from contract.job import DocumentType
from contract.notice import Notice, Outcome
from worker.adapters.channels import Outbox, Topic, open_channel

NOTICE = Notice(
    key="job-1.done",
    job_id="job-1",
    requester_id="client",
    type=DocumentType.INVOICE,
    outcome=Outcome.DONE,
    at="2026-11-21T10:00:00.000+00:00",
    stored_at="s3://bucket/jobs/job-1/result.json",
)


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
