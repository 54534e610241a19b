"""The channels of notices: a folder on a laptop, an SNS topic on AWS."""

import asyncio
from pathlib import Path
from typing import Any, Final, Protocol

from contract.notice import Notice

# The call runs in a thread, which cannot be canceled, so it needs its own time limit.
_CONNECT_SECONDS: Final = 5
_ANSWER_SECONDS: Final = 10
_FIFO_SUFFIX: Final = ".fifo"


class ChannelError(ValueError):
    """The channel cannot be used; its text has the reason."""


class Outbox:
    """A folder with one file for each notice, named by its key."""

    def __init__(self, folder: Path) -> None:
        self._folder: Final = folder

    async def __call__(self, notice: Notice) -> None:
        """Write the file as a whole, or not at all."""
        await asyncio.to_thread(self._write, notice)

    def _write(self, notice: Notice) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._folder / f".{notice.key}.draft"
        draft.write_text(notice.model_dump_json(indent=2, exclude_none=True))
        draft.replace(self._folder / f"{notice.key}.json")


class Publisher(Protocol):
    """The part of boto3's SNS client that is used; boto3 has no types of its own."""

    def publish(self, **words: Any) -> Any:  # noqa: ANN401 as boto3 has it
        """Publish a message."""


class Topic:
    """An SNS topic. A FIFO topic drops duplicates within five minutes."""

    def __init__(self, arn: str, publisher: Publisher) -> None:
        self._arn: Final = arn
        self._publisher: Final = publisher

    async def __call__(self, notice: Notice) -> None:
        """Publish in a thread."""
        await asyncio.to_thread(self._publisher.publish, **self._message(notice))

    def _message(self, notice: Notice) -> dict[str, Any]:
        # A subscription may filter by these; the key identifies duplicates.
        attributes = {"key": notice.key, "outcome": notice.outcome, "type": notice.type}
        message = {
            "TopicArn": self._arn,
            "Message": notice.model_dump_json(exclude_none=True),
            "MessageAttributes": {
                name: {"DataType": "String", "StringValue": str(value)} for name, value in attributes.items()
            },
        }
        if self._arn.endswith(_FIFO_SUFFIX):
            return {**message, "MessageGroupId": notice.job_id, "MessageDeduplicationId": notice.key}
        return message


def open_channel(address: str) -> Outbox | Topic:
    """Return the channel for a topic's ARN or a folder's `file:` address."""
    if not address.startswith("arn:"):
        return _outbox(Path.from_uri(address))
    import boto3  # type: ignore[import-untyped] # noqa: PLC0415 it has no types, and a laptop does not need it
    from botocore.config import Config  # type: ignore[import-untyped] # noqa: PLC0415

    limits = Config(connect_timeout=_CONNECT_SECONDS, read_timeout=_ANSWER_SECONDS, retries={"total_max_attempts": 2})
    region = address.split(":")[3]
    return Topic(address, boto3.client("sns", region_name=region, config=limits))


def _outbox(folder: Path) -> Outbox:
    """Create the folder at the start: without it, each job would fail."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ChannelError(f"the folder {folder} cannot be created: {exc.strerror}") from exc
    return Outbox(folder)
