"""The worker's environment is read once, and what is wrong with it is said in one sentence."""

import pytest

from worker.settings import SettingError, Settings

LEAST = {"RESONATE_URL": "http://127.0.0.1:8001", "STORE_URL": "file:///data", "NOTIFY_URL": "file:///outbox"}


def test_three_variables_are_enough() -> None:
    settings = Settings.from_env(LEAST)
    assert settings == Settings(
        resonate_url="http://127.0.0.1:8001", store_url="file:///data", notify_url="file:///outbox"
    )
    assert settings.group == "documents"
    assert settings.most_bytes == 50 * 2**20


def test_everything_can_be_set() -> None:
    settings = Settings.from_env(
        {
            **LEAST,
            "RESONATE_TOKEN": "secret",
            "WORKER_GROUP": "others",
            "ALLOWED_HOSTS": "127.0.0.1:8080, files.internal:80",
            "SOURCE_BUCKETS": "one,two",
            "MAX_DOCUMENT_MEGABYTES": "7",
            "MAX_DOCUMENT_PAGES": "8",
            "WORKER_CONCURRENCY": "9",
            "WORKER_SLOTS": "10",
            "WORKER_GRACE_SECONDS": "11",
        }
    )
    assert settings == Settings(
        resonate_url=LEAST["RESONATE_URL"],
        store_url=LEAST["STORE_URL"],
        notify_url=LEAST["NOTIFY_URL"],
        resonate_token="secret",  # noqa: S106 that is the test
        group="others",
        allowed_hosts=("127.0.0.1:8080", "files.internal:80"),
        source_buckets=("one", "two"),
        most_bytes=7 * 2**20,
        most_pages=8,
        concurrency=9,
        slots=10,
        grace=11,
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
    ],
)
def test_a_bad_variable_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name):
        Settings.from_env({**LEAST, name: value})
