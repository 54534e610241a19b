"""The keeper names a missing or wrong setting in one sentence."""

import os
import sys

import pytest

from contract.environment import SettingsError
from keeper.settings import DatabaseAddress, Settings
from local.server_process import ROOT
from tests import warm_start

from .keeper_process import keeper_environment

SECRET = "a word"  # noqa: S105 no real one
ADDRESS = DatabaseAddress(
    host="db.example",
    port=5432,
    name="resonate",
    sslmode="require",
    sslrootcert="/etc/ssl/rds.pem",
    user="u",
    password=SECRET,
)
REQUIRED_VARIABLES = [
    "DB_HOST",
    "DB_PORT",
    "DB_NAME",
    "DB_SSLMODE",
    "DB_SSLROOTCERT",
    "DB_USER",
    "DB_PASSWORD",
    "METRICS_URL",
    "RETENTION_DAYS",
]


def test_variables_become_typed_values() -> None:
    settings = Settings.from_env(keeper_environment(ADDRESS, METRICS_NAMESPACE="Mine", RETENTION_DAYS="30"))
    assert settings.database == ADDRESS
    assert (settings.namespace, settings.retention) == ("Mine", 30 * 24 * 3600)


def test_optional_variables_have_defaults() -> None:
    env = {name: value for name, value in keeper_environment(ADDRESS).items() if not name.endswith("INTERVAL_SECONDS")}
    settings = Settings.from_env(env)
    assert (settings.namespace, settings.gauge_interval, settings.history_interval) == ("Longhand", 60, 3600)
    assert settings.min_lifetime == 0


@pytest.mark.parametrize("name", REQUIRED_VARIABLES)
@pytest.mark.parametrize("value", ["", None])
def test_a_missing_variable_is_named(name: str, value: str | None) -> None:
    env = {key: given for key, given in keeper_environment(ADDRESS).items() if key != name}
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
def test_a_wrong_variable_is_named_with_its_value(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} must .*{value}"):
        Settings.from_env(keeper_environment(ADDRESS, **{name: value}))


@pytest.mark.parametrize("value", ["server:9090", "https://server:9090", "http://user:word@server"])
def test_a_wrong_url_is_named_without_its_value(value: str) -> None:
    """It may hold a password."""
    with pytest.raises(SettingsError, match=r"^METRICS_URL must be an address such as") as caught:
        Settings.from_env(keeper_environment(ADDRESS, METRICS_URL=value))
    assert value not in str(caught.value)


def test_the_password_is_not_in_the_repr() -> None:
    assert SECRET not in repr(Settings.from_env(keeper_environment(ADDRESS)))


def test_the_process_prints_one_line_and_exits_with_2() -> None:
    env = {"PATH": os.environ["PATH"]}
    ended = warm_start.run([sys.executable, "-m", "keeper"], cwd=ROOT, env=env, capture_output=True)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "keeper: DB_HOST is not set: it must be one line of at most 1000 characters\n"
