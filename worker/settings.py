"""What the worker must be told, read from the environment once. Region and credentials of AWS are boto3's to find.

How it runs is the toolkit's to know: those numbers, their defaults and their reasons are in `durable`, and only the
names of their variables are here.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from contract.names import DOCUMENTS
from durable.runtime.settings import Settings as RuntimeSettings

from .analysis.choice import AnalyzerChoice
from .analysis.rules import NAME as EXTRACTIVE
from .costs.prices import TokenPrice
from .documents.choice import RAPIDOCR, Choice, NotInstalled, Recognizer, choose
from .variables import SettingsError, address, channel, group, hosts, number, objects, places, secret, text, words

_MEGABYTE: Final = 2**20
_PRICES: Final = 2
_PRICE: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")
_YEAR: Final = 366 * 24 * 3_600
_DAY: Final = 24 * 3_600
_PAGES: Final = 20_000  # a list of them is a checkpoint, and has to stay within its 256 kB
_CHUNKS: Final = 10_000  # at a time
_PROCESSES: Final = 1_024  # of one machine, which has fewer processors
# Which variable is which setting of the runtime, each of them a whole number, and the most that makes sense.
_RUNTIME: Final = {
    "WORKER_CONCURRENCY": ("concurrency", 10_000),
    "WORKER_SLOTS": ("slots", _PROCESSES),
    "WORKER_LEASE_SECONDS": ("lease", _DAY),
    "WORKER_GRACE_SECONDS": ("grace", _DAY),
    "WORKER_HEALTH_PORT": ("health_port", 65_535),
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The first three must be given."""

    runtime: RuntimeSettings
    store_url: str  # file:///folder or s3://bucket/prefix
    notify_url: str  # file:///folder or the ARN of a topic
    allowed_hosts: tuple[str, ...] = ()  # host:port, which may be private and need not speak TLS
    source_buckets: tuple[str, ...] = ()
    analyzer: AnalyzerChoice = field(default_factory=AnalyzerChoice)
    token_price: TokenPrice | None = None  # of the analyzer's model, instead of what the list of prices says
    most_bytes: int = 50 * _MEGABYTE
    most_pages: int = 2_000  # of recognition that is four hours on two processors
    # Child processes that read batches of pages, beside those of the runtime, which do everything else.
    page_slots: int = field(default_factory=lambda: os.process_cpu_count() or 1)
    chunk_concurrency: int = 8  # chunks of long texts that a model is asked about at a time: each waits for the network
    recognition: Choice = RAPIDOCR
    most_seconds: int = 24 * 3_600  # of work on a job, over all tries; four hours of it are a document's at most
    endings_every: int = 60  # seconds; a canceled job is told of so soon

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read them, or say in one sentence which variable is wrong."""
        given = {
            "allowed_hosts": hosts(env, "ALLOWED_HOSTS"),
            "source_buckets": places(env, "SOURCE_BUCKETS"),
            "most_bytes": number(env, "MAX_DOCUMENT_MEGABYTES", _MEGABYTE, unit=_MEGABYTE),  # a terabyte
            "most_pages": number(env, "MAX_DOCUMENT_PAGES", _PAGES),
            "recognition": _recognition(env),
            "chunk_concurrency": number(env, "WORKER_CHUNK_CONCURRENCY", _CHUNKS),
            "most_seconds": number(env, "MAX_WORK_SECONDS", _YEAR),
            "endings_every": number(env, "WORKER_ENDINGS_SECONDS", _DAY),
        }
        runtime = _runtime(env)
        return cls(
            runtime=runtime,
            page_slots=number(env, "WORKER_PAGE_SLOTS", _PROCESSES) or runtime.slots,
            store_url=objects(env, "STORE_URL"),
            notify_url=channel(env, "NOTIFY_URL"),
            analyzer=_analyzer(env),
            token_price=_token_price(env),
            **_set(given),
        )


def _runtime(env: Mapping[str, str]) -> RuntimeSettings:
    return RuntimeSettings(
        url=address(env, "RESONATE_URL"),
        token=secret(env, "RESONATE_TOKEN"),
        group=group(env, "WORKER_GROUP") or DOCUMENTS,  # for jobs; those for pages and chunks are named after it
        **_set({field: number(env, name, most) for name, (field, most) in _RUNTIME.items()}),
    )


def _analyzer(env: Mapping[str, str]) -> AnalyzerChoice:
    """Return the choice; whether it can be opened shows when the worker starts."""
    types = text(env, "DOCUMENT_TYPES")
    return AnalyzerChoice(
        name=text(env, "ANALYZER") or EXTRACTIVE,
        base_url=address(env, "LLM_BASE_URL") if env.get("LLM_BASE_URL") else None,
        api_key=secret(env, "LLM_API_KEY"),
        types=Path(types) if types else None,
    )


def _token_price(env: Mapping[str, str]) -> TokenPrice | None:
    prices = text(env, "LLM_PRICES")
    if not prices:
        return None
    each = words(prices)
    if len(each) != _PRICES or not all(_PRICE.fullmatch(word) for word in each):
        raise SettingsError(
            f"LLM_PRICES must be what a million tokens cost in USD, read and written, as 0.25,1.25, and is {prices!r}"
        )
    read, written = map(float, each)
    return TokenPrice(read=read, written=written)


def _set(given: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what nobody set: it has a default."""
    return {name: value for name, value in given.items() if value}


def _recognition(env: Mapping[str, str]) -> Choice:
    name = text(env, "OCR_ENGINE") or Recognizer.RAPIDOCR
    if name not in list(Recognizer):
        raise SettingsError(f"OCR_ENGINE must be {', '.join(Recognizer)}, and is {name!r}")
    try:
        return choose(Recognizer(name), tessdata=text(env, "TESSDATA_PREFIX"))
    except (NotInstalled, OSError) as error:
        raise SettingsError(f"OCR_ENGINE: {error}") from error
