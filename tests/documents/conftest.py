"""What the tests of documents may ask for: Textract, and a reader in front of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .textract import Provider, providing
from .textract_desk import Desk


@pytest.fixture
def textract(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """Textract, found by boto3 as it finds the real one, with credentials that sign and open nothing."""
    with providing(Provider()) as provider:
        monkeypatch.setenv("AWS_ENDPOINT_URL_TEXTRACT", provider.url)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        yield provider


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A reader with a store of its own."""
    return Desk(tmp_path)
