"""The function's settings, read from its environment once. Region and credentials of AWS are the store's to find."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from contract.job import TYPE_NAME, DocumentType


class SettingsError(ValueError):
    """A variable is missing or makes no sense; its text names it, and never says what it was: it may hold a secret."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the trigger must know."""

    engine_url: str
    store_url: str
    engine_token: str | None = field(default=None, repr=False)
    types: tuple[str, ...] = tuple(DocumentType)  # of documents; a request with another one is refused

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read RESONATE_URL, STORE_URL, and RESONATE_TOKEN and KNOWN_TYPES, which may be left out."""
        return cls(
            engine_url=_url(environ, "RESONATE_URL", "the address of the Resonate server", ("http://", "https://")),
            store_url=_url(environ, "STORE_URL", "where documents and journals lie", ("s3://", "file:///")),
            engine_token=environ.get("RESONATE_TOKEN", "").strip() or None,
            types=_types(environ),
        )


def _url(environ: Mapping[str, str], name: str, meaning: str, starts: tuple[str, ...]) -> str:
    value = environ.get(name, "").strip()
    wanted = f"it is {meaning} and begins with {' or '.join(starts)}"
    if not value:
        raise SettingsError(f"{name} is not set: {wanted}")
    if not value.startswith(starts):
        raise SettingsError(f"{name} makes no sense: {wanted}")
    return value


def _types(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the types that are always there, and those that whoever runs this system has added."""
    added = [name.strip() for name in environ.get("KNOWN_TYPES", "").split(",") if name.strip()]
    if not all(re.fullmatch(TYPE_NAME, name) for name in added):
        wanted = "1 to 40 characters of a-z 0-9 _ - that begin with a letter"
        raise SettingsError(f"KNOWN_TYPES makes no sense: it has names of types with commas between, each {wanted}")
    return tuple(dict.fromkeys([*map(str, DocumentType), *added]))
