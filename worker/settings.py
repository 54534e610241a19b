"""What the worker must be told, read from the environment once. Region and credentials of AWS are boto3's to find."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from contract.names import DOCUMENTS

_MEGABYTE: Final = 2**20


class SettingError(ValueError):
    """A variable is missing or makes no sense; its text names it."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The first three must be given."""

    resonate_url: str
    store_url: str  # file:///folder or s3://bucket/prefix
    notify_url: str  # file:///folder or the ARN of a topic
    resonate_token: str | None = field(default=None, repr=False)
    group: str = DOCUMENTS
    allowed_hosts: tuple[str, ...] = ()  # host:port, which may be private and need not speak TLS
    source_buckets: tuple[str, ...] = ()
    most_bytes: int = 50 * _MEGABYTE
    most_pages: int = 2_000  # of recognition that is four hours on two processors
    concurrency: int = 4  # jobs at a time; most of them wait
    slots: int = field(default_factory=lambda: os.process_cpu_count() or 1)  # child processes at a time
    lease: float = 15.0  # seconds; a crashed worker's jobs wait as long
    grace: float = 20.0  # seconds for steps in flight to finish when the worker leaves

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read them, or say in one sentence which variable is wrong."""
        given = {
            "resonate_token": env.get("RESONATE_TOKEN") or None,
            "group": env.get("WORKER_GROUP", ""),
            "allowed_hosts": _words(env.get("ALLOWED_HOSTS", "")),
            "source_buckets": _words(env.get("SOURCE_BUCKETS", "")),
            "most_bytes": _number(env, "MAX_DOCUMENT_MEGABYTES", _MEGABYTE),
            "most_pages": _number(env, "MAX_DOCUMENT_PAGES"),
            "concurrency": _number(env, "WORKER_CONCURRENCY"),
            "slots": _number(env, "WORKER_SLOTS"),
            "lease": _number(env, "WORKER_LEASE_SECONDS"),
            "grace": _number(env, "WORKER_GRACE_SECONDS"),
        }
        return cls(
            resonate_url=_url(env, "RESONATE_URL", "http://", "https://"),
            store_url=_url(env, "STORE_URL", "file:///", "s3://"),
            notify_url=_url(env, "NOTIFY_URL", "file:///", "arn:"),
            **{name: value for name, value in given.items() if value},  # type: ignore[arg-type] # each has its type
        )


def _url(env: Mapping[str, str], name: str, *starts: str) -> str:
    value = env.get(name, "")
    if not value.startswith(starts):
        raise SettingError(f"{name} must begin with {' or '.join(starts)}, and does not")  # it may hold a password
    return value


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _number(env: Mapping[str, str], name: str, unit: int = 1) -> int | None:
    text = env.get(name, "")
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise SettingError(f"{name} must be a whole number above 0, and is {text!r}")
    return int(text) * unit
