"""What the worker must be told, read from the environment once. Region and credentials of AWS are boto3's to find.

How it runs is the toolkit's to know: those numbers, their defaults and their reasons are in `durable`, and only the
names of their variables are here.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

from contract.names import DOCUMENTS
from durable.runtime.settings import Settings as RuntimeSettings

from .analysis.choice import AnalyzerChoice
from .analysis.extractive import NAME as EXTRACTIVE
from .documents.choice import RAPIDOCR, Choice, NotInstalled, Recognizer, choose

_MEGABYTE: Final = 2**20
# Which variable is which setting of the runtime, each of them a whole number.
_RUNTIME: Final = {
    "WORKER_CONCURRENCY": "concurrency",
    "WORKER_SLOTS": "slots",
    "WORKER_LEASE_SECONDS": "lease",
    "WORKER_GRACE_SECONDS": "grace",
    "WORKER_HEALTH_PORT": "health_port",
}


class SettingsError(ValueError):
    """A variable is missing or makes no sense; its text names it."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The first three must be given."""

    runtime: RuntimeSettings
    store_url: str  # file:///folder or s3://bucket/prefix
    notify_url: str  # file:///folder or the ARN of a topic
    allowed_hosts: tuple[str, ...] = ()  # host:port, which may be private and need not speak TLS
    source_buckets: tuple[str, ...] = ()
    analyzer: AnalyzerChoice = field(default_factory=AnalyzerChoice)
    most_bytes: int = 50 * _MEGABYTE
    most_pages: int = 2_000  # of recognition that is four hours on two processors
    # Child processes that read batches of pages, beside those of the runtime, which do everything else.
    page_slots: int = field(default_factory=lambda: os.process_cpu_count() or 1)
    recognition: Choice = RAPIDOCR
    most_seconds: int = 24 * 3_600  # of work on a job, over all tries; four hours of it are a document's at most
    endings_every: int = 60  # seconds; a canceled job is told of so soon

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read them, or say in one sentence which variable is wrong."""
        given = {
            "allowed_hosts": _words(env.get("ALLOWED_HOSTS", "")),
            "source_buckets": _words(env.get("SOURCE_BUCKETS", "")),
            "most_bytes": _number(env, "MAX_DOCUMENT_MEGABYTES", _MEGABYTE),
            "most_pages": _number(env, "MAX_DOCUMENT_PAGES"),
            "recognition": _recognition(env),
            "most_seconds": _number(env, "MAX_WORK_SECONDS"),
            "endings_every": _number(env, "WORKER_ENDINGS_SECONDS"),
        }
        runtime = _runtime(env)
        return cls(
            runtime=runtime,
            page_slots=_number(env, "WORKER_PAGE_SLOTS") or runtime.slots,
            store_url=_url(env, "STORE_URL", "file:///", "s3://"),
            notify_url=_url(env, "NOTIFY_URL", "file:///", "arn:"),
            analyzer=_analyzer(env),
            **_set(given),
        )


def _runtime(env: Mapping[str, str]) -> RuntimeSettings:
    return RuntimeSettings(
        url=_url(env, "RESONATE_URL", "http://", "https://"),
        token=env.get("RESONATE_TOKEN") or None,
        group=env.get("WORKER_GROUP") or DOCUMENTS,
        **_set({field: _number(env, name) for name, field in _RUNTIME.items()}),
    )


def _analyzer(env: Mapping[str, str]) -> AnalyzerChoice:
    """Return the choice; whether it can be opened shows when the worker starts."""
    types = env.get("DOCUMENT_TYPES")
    return AnalyzerChoice(
        name=env.get("ANALYZER") or EXTRACTIVE,
        base_url=env.get("LLM_BASE_URL") or None,
        api_key=env.get("LLM_API_KEY") or None,
        types=Path(types) if types else None,
    )


def _set(given: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what nobody set: it has a default."""
    return {name: value for name, value in given.items() if value}


def _url(env: Mapping[str, str], name: str, *starts: str) -> str:
    value = env.get(name, "")
    if value.startswith("http") and not _is_address(value):
        raise SettingsError(f"{name} must be an address such as http://server:8001, and is none")
    if not value.startswith(starts):
        raise SettingsError(f"{name} must begin with {' or '.join(starts)}, and does not")  # it may hold a password
    return value


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return bool(parts.hostname) and parts.port != 0 and value.isprintable() and " " not in value
    except ValueError:
        return False


def _recognition(env: Mapping[str, str]) -> Choice:
    name = env.get("OCR_ENGINE") or Recognizer.RAPIDOCR
    if name not in list(Recognizer):
        raise SettingsError(f"OCR_ENGINE must be {', '.join(Recognizer)}, and is {name!r}")
    try:
        return choose(Recognizer(name), tessdata=env.get("TESSDATA_PREFIX", ""))
    except NotInstalled as error:
        raise SettingsError(f"OCR_ENGINE: {error}") from error


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _number(env: Mapping[str, str], name: str, unit: int = 1) -> int | None:
    text = env.get(name, "")
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise SettingsError(f"{name} must be a whole number above 0, and is {text!r}")
    return int(text) * unit
