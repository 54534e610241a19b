"""A notice gets to where the settings say, with what tells a repetition."""

import asyncio
import json
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped] # it has no types
import pytest

from contract.ending import Notice, Outcome
from contract.job import DocumentType
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


def test_a_folder_gets_one_file_a_notice(tmp_path: Path) -> None:
    channel = open_channel((tmp_path / "out box").as_uri())
    assert isinstance(channel, Outbox)
    asyncio.run(channel(NOTICE))
    asyncio.run(channel(NOTICE))
    (file,) = (tmp_path / "out box").iterdir()
    assert Notice.model_validate_json(file.read_text()) == NOTICE


def queue_of(topic: str) -> str:
    """Return the url of a queue that gets what the topic gets."""
    fifo = topic.endswith(".fifo")
    sqs = boto3.client("sqs")
    attributes = {"FifoQueue": "true"} if fifo else {}
    url: str = sqs.create_queue(QueueName="queue" + ".fifo" * fifo, Attributes=attributes)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return url


@pytest.mark.usefixtures("aws")
def test_a_topic_gets_the_notice_and_what_to_filter_by() -> None:
    topic = boto3.client("sns").create_topic(Name="notices")["TopicArn"]
    queue = queue_of(topic)
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
    """Which need not be the worker's own."""
    topic = boto3.client("sns", region_name="us-west-2").create_topic(Name="far-away")["TopicArn"]
    asyncio.run(open_channel(topic)(NOTICE))


class FakePublisher:
    """Keeps what is published."""

    def __init__(self) -> None:
        self.words: dict[str, Any] = {}

    def publish(self, **words: Any) -> None:  # noqa: ANN401 as boto3 has it
        self.words = words


def test_a_fifo_topic_is_told_what_a_repetition_is() -> None:
    publisher = FakePublisher()
    asyncio.run(Topic("arn:aws:sns:eu-central-1:1:notices.fifo", publisher)(NOTICE))
    assert publisher.words["MessageGroupId"] == "job-1"
    assert publisher.words["MessageDeduplicationId"] == "job-1.done"
