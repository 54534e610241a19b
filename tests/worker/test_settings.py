"""The worker reads its environment once, and reports a mistake in one sentence."""

import pytest

from contract.environment import SettingsError
from durable.runtime import Settings as RuntimeSettings
from worker.settings import Settings

FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:stack-Functions-1:live"
MINIMAL_ENVIRON = {"RESONATE_URL": "http://127.0.0.1:8001", "STORE_URL": "file:///data", "NOTIFY_URL": "file:///outbox"}


def test_three_variables_are_enough() -> None:
    settings = Settings.from_env(MINIMAL_ENVIRON)
    assert settings == Settings(
        runtime=RuntimeSettings(url="http://127.0.0.1:8001", group="documents"),
        store_url="file:///data",
        notify_url="file:///outbox",
    )
    assert settings.max_bytes == 50 * 2**20
    assert settings.max_work_seconds == 24 * 3_600


def test_every_variable_can_be_set() -> None:
    settings = Settings.from_env(
        {
            **MINIMAL_ENVIRON,
            "RESONATE_TOKEN": "secret",
            "WORKER_GROUP": "others",
            "ALLOWED_HOSTS": "127.0.0.1:8080, files.internal:80",
            "SOURCE_BUCKETS": "one,two",
            "WEBHOOK_SECRETS": f"{'n' * 32},{'o' * 40}",
            "MAX_DOCUMENT_MEGABYTES": "7",
            "MAX_DOCUMENT_PAGES": "8",
            "WORKER_CONCURRENCY": "9",
            "WORKER_SLOTS": "10",
            "WORKER_PAGE_SLOTS": "16",
            "WORKER_CHUNK_CONCURRENCY": "17",
            "WORKER_GRACE_SECONDS": "11",
            "WORKER_LEASE_SECONDS": "12",
            "WORKER_HEALTH_PORT": "13",
            "WORKER_ENDINGS_SECONDS": "14",
            "MAX_WORK_SECONDS": "15",
            "FUNCTION_ARN": FUNCTION,
            "WORKER_FUNCTION_CONCURRENCY": "18",
            "AWS_ENDPOINT_URL_LAMBDA": "http://127.0.0.1:9001",
        }
    )
    assert settings == Settings(
        runtime=RuntimeSettings(
            url=MINIMAL_ENVIRON["RESONATE_URL"],
            token="secret",  # noqa: S106 that is the test
            group="others",
            concurrency=9,
            slots=10,
            grace=11,
            lease=12,
        ),
        health_port=13,
        store_url=MINIMAL_ENVIRON["STORE_URL"],
        notify_url=MINIMAL_ENVIRON["NOTIFY_URL"],
        webhook_secrets=("n" * 32, "o" * 40),
        allowed_hosts=("127.0.0.1:8080", "files.internal:80"),
        source_buckets=("one", "two"),
        max_bytes=7 * 2**20,
        max_pages=8,
        page_slots=16,
        chunk_concurrency=17,
        ending_search_seconds=14,
        max_work_seconds=15,
        function=FUNCTION,
        function_concurrency=18,
        function_endpoint="http://127.0.0.1:9001",
    )
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RESONATE_URL", ""),
        ("STORE_URL", "/data"),
        ("NOTIFY_URL", "s3://bucket"),
        ("WORKER_CONCURRENCY", "0"),
        ("MAX_DOCUMENT_PAGES", "many"),
        ("WORKER_SLOTS", "-1"),
        ("FUNCTION_ARN", "arn:aws:sns:eu-central-1:123456789012:topic"),
        ("AWS_ENDPOINT_URL_LAMBDA", "127.0.0.1:9001"),
    ],
)
def test_an_error_names_the_bad_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_env({**MINIMAL_ENVIRON, name: value})


@pytest.mark.parametrize("address", ["http://", "http://[::", "http://server:99999", "http://a b", "https://:8001"])
def test_an_invalid_address_is_refused_and_not_quoted(address: str) -> None:
    with pytest.raises(SettingsError, match="RESONATE_URL must be an address such as") as caught:
        Settings.from_env({"RESONATE_URL": address, "STORE_URL": "file:///a", "NOTIFY_URL": "file:///b"})
    assert f"{address}," not in str(caught.value)


def test_pages_have_as_many_slots_as_the_worker_by_default() -> None:
    assert Settings.from_env({**MINIMAL_ENVIRON, "WORKER_SLOTS": "3"}).page_slots == 3


@pytest.mark.parametrize("secrets", ["short", f"{'n' * 32},", f"{'n' * 32},short", f"{'n' * 32} {'o' * 32}"])
def test_a_secret_that_is_too_short_is_named_and_not_shown(secrets: str) -> None:
    with pytest.raises(SettingsError, match="WEBHOOK_SECRETS") as caught:
        Settings.from_env({**MINIMAL_ENVIRON, "WEBHOOK_SECRETS": secrets})
    assert secrets not in str(caught.value)
    assert "n" * 32 not in repr(Settings.from_env({**MINIMAL_ENVIRON, "WEBHOOK_SECRETS": "n" * 32}))
