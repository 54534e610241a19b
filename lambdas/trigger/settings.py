"""The function's settings, read from its environment once."""

from collections.abc import Mapping
from dataclasses import dataclass


class SettingsError(ValueError):
    """A variable is missing or makes no sense."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the trigger must know."""

    engine_url: str
    engine_token: str | None
    store_url: str

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Read RESONATE_URL, RESONATE_TOKEN (may be left out) and STORE_URL."""
        return cls(
            engine_url=_required(environ, "RESONATE_URL", "the address of the Resonate server, http://host:8001"),
            engine_token=environ.get("RESONATE_TOKEN") or None,
            store_url=_required(
                environ, "STORE_URL", "where documents and journals lie, s3://bucket or file:///folder"
            ),
        )


def _required(environ: Mapping[str, str], name: str, meaning: str) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise SettingsError(f"{name} is not set: it is {meaning}")
    return value
