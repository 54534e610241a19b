"""The channels of notices: a folder on a laptop, an SNS topic or an event bus of EventBridge on AWS.

After any error of a channel the notice is sent again later: an operator may create a deleted topic again.
"""

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

from contract.codes import Code
from contract.notice import SOURCE, AnyNotice, JobEvent, WaitNotice
from durable import TemporaryError, log_event

_LOG: Final = logging.getLogger(__name__)

# The call runs in a thread, which cannot be canceled, so it needs its own time limit.
_CONNECT_SECONDS: Final = 5
_ANSWER_SECONDS: Final = 10
_FIFO_SUFFIX: Final = ".fifo"
_MIN_PAUSE_SECONDS: Final = 1.0
_MAX_LOGGED_CHARACTERS: Final = 1_000


class ChannelError(ValueError):
    """The channel cannot be used; its text has the reason."""


class Outbox:
    """A folder with one file for each notice, named by its key."""

    def __init__(self, folder: Path) -> None:
        self._folder: Final = folder

    async def __call__(self, notice: AnyNotice) -> None:
        """Write the file as a whole, or not at all."""
        with channel_errors(OSError):
            await asyncio.to_thread(self._write, notice)

    def _write(self, notice: AnyNotice) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._folder / f".{notice.key}.draft"
        try:
            draft.write_text(notice.model_dump_json(indent=2, exclude_none=True))
            draft.replace(self._folder / f"{notice.key}.json")
        except OSError:
            draft.unlink(missing_ok=True)
            raise


class Publisher(Protocol):
    """The part of boto3's SNS client that is used; boto3 has no types of its own."""

    def publish(self, **words: Any) -> Any:  # noqa: ANN401 as boto3 has it
        """Publish a message."""


class Topic:
    """An SNS topic. A FIFO topic drops duplicates within five minutes."""

    def __init__(self, arn: str, publisher: Publisher, errors: tuple[type[Exception], ...]) -> None:
        """`errors` are those that the publisher raises."""
        self._arn: Final = arn
        self._publisher: Final = publisher
        self._errors: Final = errors

    async def __call__(self, notice: AnyNotice) -> None:
        """Publish in a thread."""
        with channel_errors(*self._errors):
            await asyncio.to_thread(self._publisher.publish, **self._make_message(notice))

    def _make_message(self, notice: AnyNotice) -> dict[str, Any]:
        # A subscription may filter by these; the key identifies duplicates.
        attributes = {"key": notice.key, "outcome": notice.outcome, "type": notice.type}
        if isinstance(notice, WaitNotice):
            attributes["stage"] = notice.stage
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


class EventPutter(Protocol):
    """The part of boto3's client for EventBridge that is used."""

    def put_events(self, **words: Any) -> Any:  # noqa: ANN401 as boto3 has it
        """Put events on a bus."""


class EntryRefusedError(Exception):
    """The bus answered, and did not take the event."""


class EventBus:
    """An event bus of EventBridge. Each notice is one event, whose detail is the CloudEvent."""

    def __init__(self, arn: str, putter: EventPutter, errors: tuple[type[Exception], ...]) -> None:
        """`errors` are those that the putter raises."""
        self._arn: Final = arn
        self._putter: Final = putter
        self._errors: Final = (*errors, EntryRefusedError)

    async def __call__(self, notice: AnyNotice) -> None:
        """Put it in a thread."""
        with channel_errors(*self._errors):
            await asyncio.to_thread(self._put, JobEvent.of_notice(notice))

    def _put(self, event: JobEvent) -> None:
        entry = {
            "EventBusName": self._arn,
            "Source": SOURCE,
            "DetailType": event.type,
            "Detail": json.dumps(event.to_cloud_event()),
        }
        answer = self._putter.put_events(Entries=[entry])
        if answer["FailedEntryCount"]:  # a refused entry, in a successful request
            raise EntryRefusedError(answer["Entries"][0].get("ErrorCode", "no reason"))


def open_channel(address: str) -> Outbox | Topic | EventBus:
    """Return the channel for the ARN of a topic or a bus, or a folder's `file:` address."""
    if not address.startswith("arn:"):
        return _open_outbox(Path.from_uri(address))
    import boto3  # type: ignore[import-untyped] # noqa: PLC0415 it has no types, and a laptop does not need it
    from botocore.config import Config  # type: ignore[import-untyped] # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped] # noqa: PLC0415

    limits = Config(connect_timeout=_CONNECT_SECONDS, read_timeout=_ANSWER_SECONDS, retries={"total_max_attempts": 2})
    kind, region = address.split(":")[2:4]
    client, errors = boto3.client(kind, region_name=region, config=limits), (BotoCoreError, ClientError)
    return EventBus(address, client, errors) if kind == "events" else Topic(address, client, errors)


@contextmanager
def channel_errors(*kinds: type[Exception]) -> Iterator[None]:
    """Raise a temporary error without the channel's text, which names accounts and addresses: the log has it."""
    try:
        yield
    except kinds as exc:
        fields = {"event": "notice_refused", "text": str(exc)[:_MAX_LOGGED_CHARACTERS]}
        log_event(_LOG, logging.WARNING, "the channel did not take a notice", fields)
        message = f"the channel did not take the notice ({type(exc).__name__}): it is sent again"
        raise TemporaryError(Code.NOTICE_FAILED, message, after=_MIN_PAUSE_SECONDS) from exc


def _open_outbox(folder: Path) -> Outbox:
    """Create the folder at the start: without it, each job would fail."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ChannelError(f"the folder {folder} cannot be created: {exc.strerror}") from exc
    return Outbox(folder)
