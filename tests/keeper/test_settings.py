"""A keeper that is told too little, or nonsense, says in one sentence what it needs."""

import os
import subprocess
import sys

import pytest

from contract.environment import SettingsError
from keeper.settings import Address, Settings
from local.server_process import ROOT

from .keeping import environ

SECRET = "a word"  # noqa: S105 of nobody
ADDRESS = Address(host="db.example", port=5432, name="resonate", sslmode="require", user="u", password=SECRET)
NEEDED = ["DB_HOST", "DB_PORT", "DB_NAME", "DB_SSLMODE", "DB_USER", "DB_PASSWORD", "METRICS_URL", "RETENTION_DAYS"]


def test_the_task_definitions_words_become_values() -> None:
    settings = Settings.from_env(environ(ADDRESS, METRICS_NAMESPACE="Mine", RETENTION_DAYS="30"))
    assert settings.database == ADDRESS
    assert (settings.namespace, settings.retention) == ("Mine", 30 * 24 * 3600)


def test_what_need_not_be_given_has_a_value() -> None:
    env = {name: value for name, value in environ(ADDRESS).items() if not name.endswith("INTERVAL_SECONDS")}
    settings = Settings.from_env(env)
    assert (settings.namespace, settings.gauges_interval, settings.history_interval) == ("Longhand", 60, 3600)
    assert settings.least_life == 0


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize("value", ["", None])
def test_what_is_missing_is_named(name: str, value: str | None) -> None:
    env = {key: given for key, given in environ(ADDRESS).items() if key != name}
    with pytest.raises(SettingsError, match=f"^{name} is not set: it must be "):
        Settings.from_env(env if value is None else {**env, name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PORT", "psql"),
        ("DB_SSLMODE", "yes"),
        ("RETENTION_DAYS", "0"),
        ("RETENTION_DAYS", "-1"),
        ("RETENTION_DAYS", "1.5"),
        ("RETENTION_DAYS", "٣"),
        ("GAUGES_INTERVAL_SECONDS", "soon"),
    ],
)
def test_what_makes_no_sense_is_named_with_its_value(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} must .*{value}"):
        Settings.from_env(environ(ADDRESS, **{name: value}))


@pytest.mark.parametrize("value", ["server:9090", "https://server:9090", "http://user:word@server"])
def test_a_wrong_url_is_named_without_its_value(value: str) -> None:
    """It may hold a password."""
    with pytest.raises(SettingsError, match=r"^METRICS_URL must be an address such as") as caught:
        Settings.from_env(environ(ADDRESS, METRICS_URL=value))
    assert value not in str(caught.value)


def test_the_password_is_in_no_text() -> None:
    assert SECRET not in repr(Settings.from_env(environ(ADDRESS)))


def test_the_process_says_it_in_one_line_and_exits_with_2() -> None:
    env = {"PATH": os.environ["PATH"]}
    ended = subprocess.run(
        [sys.executable, "-m", "keeper"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "keeper: DB_HOST is not set: it must be one line of at most 1000 characters\n"
