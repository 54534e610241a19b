"""A receiver for each test."""

from collections.abc import Iterator

import pytest

from tests.webhooks.receiver import Receiver, serve_receiver
from tests.worker.conftest import aws, aws_server, folder_store, lab, server_program, site

__all__ = ["aws", "aws_server", "folder_store", "lab", "server_program", "site"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that takes every event."""
    with serve_receiver() as receiver:
        yield receiver
