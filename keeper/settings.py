"""What the keeper must be told, read from the environment once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

_DAY: Final = 24 * 3600
_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


class SettingError(ValueError):
    """A variable is missing or makes no sense; its text names it."""


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where the server's database is, and who may enter."""

    host: str
    port: int
    name: str
    sslmode: str
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The first three must be given; times in seconds."""

    database: Address
    metrics_url: str
    retention: int  # a deleted id runs again when it is sent again: longer than any client repeats a request
    ready_url: str = "http://127.0.0.1:8001/ready"  # the server is in the same task
    namespace: str = "Longhand"
    history_interval: int = 3600
    gauges_interval: int = 60  # a finer grain of CloudWatch costs more and shows no more
    least_life: int = 0  # so long it stays although it failed, where somebody who fails sooner is not started again

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read them, or say in one sentence which variable is wrong."""
        optional = {
            "ready_url": ("READY_URL", _url),
            "namespace": ("METRICS_NAMESPACE", _text),
            "history_interval": ("HISTORY_INTERVAL_SECONDS", _number),
            "gauges_interval": ("GAUGES_INTERVAL_SECONDS", _number),
            "least_life": ("LEAST_LIFE_SECONDS", _number),
        }
        return cls(
            database=_address(env),
            metrics_url=_url(env, "METRICS_URL"),
            retention=_number(env, "RETENTION_DAYS") * _DAY,
            **{key: read(env, name) for key, (name, read) in optional.items() if env.get(name)},  # type: ignore[arg-type] # each its own
        )


def _address(env: Mapping[str, str]) -> Address:
    return Address(
        host=_text(env, "DB_HOST"),
        port=_number(env, "DB_PORT"),
        name=_text(env, "DB_NAME"),
        sslmode=_mode(env, "DB_SSLMODE"),
        user=_text(env, "DB_USER"),
        password=_text(env, "DB_PASSWORD"),
    )


def _text(env: Mapping[str, str], name: str) -> str:
    value = env.get(name, "")
    if not value:
        raise SettingError(f"{name} is missing: the task definition must give it")
    return value


def _mode(env: Mapping[str, str], name: str) -> str:
    value = _text(env, name)
    if value not in _MODES:
        raise SettingError(f"{name} must be one of {', '.join(_MODES)}, and is {value!r}")
    return value


def _number(env: Mapping[str, str], name: str) -> int:
    text = _text(env, name)
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise SettingError(f"{name} must be a whole number above 0, and is {text!r}")
    return int(text)


def _url(env: Mapping[str, str], name: str) -> str:
    value = _text(env, name)
    if not value.startswith("http://"):
        raise SettingError(f"{name} must begin with http://, and is {value!r}")
    return value
