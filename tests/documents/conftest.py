"""Fixtures: a fake Textract, and a document reader that calls it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import warm_start

from .textract import FakeTextract, serve_textract
from .textract_reader import TextractReader


@pytest.fixture(scope="package", autouse=True)
def _loaded_fork_servers() -> Iterator[None]:
    """Fork children from what the processes of the run have loaded together."""
    with warm_start.share_fork_servers():
        yield


@pytest.fixture(scope="session")
def textract_server() -> Iterator[FakeTextract]:
    """Serve a fake Textract."""
    with serve_textract(FakeTextract()) as server:
        yield server


@pytest.fixture
def textract(textract_server: FakeTextract, monkeypatch: pytest.MonkeyPatch) -> FakeTextract:
    """Reset the fake Textract; boto3 finds it by its environment, with credentials that are valid nowhere else."""
    textract_server.reset()
    monkeypatch.setenv("AWS_ENDPOINT_URL_TEXTRACT", textract_server.url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    return textract_server


@pytest.fixture
def reader(tmp_path: Path) -> TextractReader:
    """Return a reader with its own store."""
    return TextractReader(tmp_path)
