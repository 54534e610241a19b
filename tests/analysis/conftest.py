"""What the tests of analyzers may ask for: credentials that are none, and time that does not pass."""

from pathlib import Path

import pytest

from durable.ambient import Ambient
from worker.patience import Patience
from worker.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store in a folder."""
    return Store.open((tmp_path / "store").as_uri())


@pytest.fixture
def waited() -> list[float]:
    """The seconds that somebody was patient."""
    return []


@pytest.fixture
def patience(waited: list[float]) -> Patience:
    """Patience that takes no time, and notes what it would have taken."""

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    return Patience(ambient=Ambient(sleep=sleep, draw=lambda: 0.0))


@pytest.fixture
def aws_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials that sign, and open nothing."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
