"""The function's settings, read from its environment once. Region and credentials of AWS are the store's to find."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self


class SettingsError(ValueError):
    """A variable is missing or makes no sense; its text names it, and never says what it was: it may hold a secret."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the trigger must know."""

    engine_url: str
    store_url: str
    engine_token: str | None = field(default=None, repr=False)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read RESONATE_URL, STORE_URL, and RESONATE_TOKEN, which may be left out."""
        return cls(
            engine_url=_url(environ, "RESONATE_URL", "the address of the Resonate server", ("http://", "https://")),
            store_url=_url(environ, "STORE_URL", "where documents and journals lie", ("s3://", "file:///")),
            engine_token=environ.get("RESONATE_TOKEN", "").strip() or None,
        )


def _url(environ: Mapping[str, str], name: str, meaning: str, starts: tuple[str, ...]) -> str:
    value = environ.get(name, "").strip()
    wanted = f"it is {meaning} and begins with {' or '.join(starts)}"
    if not value:
        raise SettingsError(f"{name} is not set: {wanted}")
    if not value.startswith(starts):
        raise SettingsError(f"{name} makes no sense: {wanted}")
    return value
