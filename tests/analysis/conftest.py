"""What the tests of analyzers may ask for: credentials that are none, and time that does not pass."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from durable import Clock
from tests.analysis.desk import Desk, right
from tests.analysis.provider import Provider, providing
from worker.adapters.object_store import Store
from worker.providers.retries import RetryPolicy


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store in a folder."""
    return Store.open((tmp_path / "store").as_uri())


@pytest.fixture
def waited() -> list[float]:
    """The seconds that each retry waited."""
    return []


@pytest.fixture
def patience(waited: list[float]) -> RetryPolicy:
    """RetryPolicy that takes no time, and notes what it would have taken."""

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    return RetryPolicy(clock=Clock(sleep=sleep, draw=lambda: 0.0))


@pytest.fixture
def aws_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials that sign, and open nothing."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider whose model answers right, until a test has it do otherwise."""
    with providing(right) as provider:
        yield provider


@pytest.fixture(params=["bedrock", "openai"])
def desk(
    request: pytest.FixtureRequest,
    provider: Provider,
    store: Store,
    patience: RetryPolicy,
    monkeypatch: pytest.MonkeyPatch,
) -> Desk:
    """An analyzer in front of it, in each protocol in turn."""
    if request.param == "bedrock":
        request.getfixturevalue("aws_credentials")
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", provider.url)
    return Desk(provider=provider, store=store, patience=patience, protocol=request.param)
