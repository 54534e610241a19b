"""Fixtures: a fake Textract, and a document reader that calls it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .textract import FakeTextract, serve_textract
from .textract_reader import TextractReader


@pytest.fixture
def textract(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTextract]:
    """Serve a fake Textract; boto3 finds it by its environment, with credentials that are valid nowhere else."""
    with serve_textract(FakeTextract()) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_TEXTRACT", server.url)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        yield server


@pytest.fixture
def reader(tmp_path: Path) -> TextractReader:
    """Return a reader with its own store."""
    return TextractReader(tmp_path)
