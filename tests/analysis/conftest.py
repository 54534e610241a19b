"""Fixtures of the analyzer tests: a store, fake credentials, a fake provider, and retries that do not wait."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from durable import Clock
from tests.analysis.analyzer_lab import AnalyzerLab, answer_correctly
from tests.analysis.provider import Provider, serve_provider
from worker.adapters.object_store import Store
from worker.providers.retries import RetryPolicy


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store in a folder."""
    return Store.open((tmp_path / "store").as_uri())


@pytest.fixture
def waited() -> list[float]:
    """The seconds that each retry would have waited."""
    return []


@pytest.fixture
def retry_policy(waited: list[float]) -> RetryPolicy:
    """A retry policy that records each pause and does not wait."""

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    return RetryPolicy(clock=Clock(sleep=sleep, draw=lambda: 0.0))


@pytest.fixture
def aws_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS credentials that sign requests and give access to nothing."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider whose model answers correctly, unless a test replaces its answer."""
    with serve_provider(answer_correctly) as provider:
        yield provider


@pytest.fixture(params=["bedrock", "openai"])
def lab(
    request: pytest.FixtureRequest,
    provider: Provider,
    store: Store,
    retry_policy: RetryPolicy,
    monkeypatch: pytest.MonkeyPatch,
) -> AnalyzerLab:
    """An analyzer that calls the provider, in each protocol in turn."""
    if request.param == "bedrock":
        request.getfixturevalue("aws_credentials")
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", provider.url)
    return AnalyzerLab(provider=provider, store=store, retry_policy=retry_policy, protocol=request.param)
