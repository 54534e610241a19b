"""The Lambda function behind the queue of the inbox: S3 announces each new file there, and each becomes a job.

A message whose jobs cannot be recorded goes back to the queue, and is delivered again. S3 announces a file at least
once, so the same file twice is one job.
"""

import os
from collections.abc import Iterator, Mapping
from functools import cache
from json import loads
from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from contract.inbox import InboxFile
from durable.wire.errors import WireError

from .bootstrap import open_ports
from .inbox import accept_file
from .ports import Ports
from .settings import Settings

log = Logger(service="inbox")


@cache
def _open_ports() -> Ports:
    return open_ports(Settings.from_env(os.environ), log)


@log.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Record the jobs of the announced files; return the messages that are to be delivered again."""
    failed = [
        message["messageId"] for message in event["Records"] if not accept_message(_open_ports(), message["body"])
    ]
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}


def accept_message(ports: Ports, body: str) -> bool:
    """Record the jobs of one message, and return whether that is done."""
    try:
        for file in read_files(loads(body)):
            accept_file(ports, file)
    except WireError as error:
        log.error("inbox file not recorded", code=error.code, reason=str(error))  # noqa: TRY400 its traceback says no more
        return False
    return True


def read_files(notice: Mapping[str, Any]) -> Iterator[InboxFile]:
    """Yield the files that S3 announces. S3's test message at the setup announces none."""
    for record in notice.get("Records", ()):
        found = record["s3"]["object"]
        yield InboxFile(key=unquote_plus(found["key"]), version=found["versionId"])
