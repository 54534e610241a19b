"""The worker's settings, read from the environment once. boto3 finds AWS region and credentials.

The runtime's defaults, and their reasons, are in `durable`; the names of their variables are here.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

from contract.cells import CELLS, CellSettings, read_cells
from contract.decision_link import DecisionKey, read_decision_key
from contract.engines import Alphabet, AnalyzerKind, OcrEngine
from contract.environment import BUCKET, HOST_NAME, PORT, Environment, SettingsError, settings_errors
from contract.job import DOCUMENT_MEGABYTES, MEGABYTE
from contract.names import DOCUMENTS
from contract.webhook_keys import MIN_SECRET_CHARACTERS
from durable.runtime import Settings as RuntimeSettings

from .analysis.analyzer_choice import AnalyzerChoice
from .costs.prices import TokenPrice
from .documents.ocr_engines import RAPIDOCR, EngineMissingError, OcrChoice, choose_engine

_PRICE: Final = r"[0-9]{1,6}(?:\.[0-9]{1,6})?"
_YEAR: Final = 366 * 24 * 3_600
_DAY: Final = 24 * 3_600
_MAX_PAGES: Final = 20_000  # the list of them is a checkpoint of at most 256 kB
_MAX_CHUNKS: Final = 10_000  # read at the same time
_MAX_CALLS: Final = 10_000  # of a function, each with a connection
_MAX_PROCESSES: Final = 1_024  # machines have fewer processors
_HOST: Final = rf"(?:{HOST_NAME}|[0-9A-Fa-f:]+):{PORT}"
_REGION: Final = r"[a-z]{2,}(?:-[a-z]+)+-[0-9]+"
_TOPIC: Final = rf"arn:aws[a-z-]*:sns:{_REGION}:[0-9]{{12}}:[A-Za-z0-9_-]{{1,256}}(?:\.fifo)?"
_BUS: Final = rf"arn:aws[a-z-]*:events:{_REGION}:[0-9]{{12}}:event-bus/[A-Za-z0-9._/-]{{1,256}}"
_CHANNEL: Final = "the ARN of an SNS topic, which begins with arn:aws:sns:, or of an event bus"
_FUNCTION: Final = rf"arn:aws[a-z-]*:lambda:{_REGION}:[0-9]{{12}}:function:[\w-]{{1,64}}(?::[\w$-]{{1,128}})?"
_GROUP: Final = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}"  # it is part of addresses
# Variables of settings of the runtime, which are whole numbers, with their maxima.
_RUNTIME: Final = {
    "WORKER_CONCURRENCY": ("concurrency", 10_000),
    "WORKER_SLOTS": ("slots", _MAX_PROCESSES),
    "WORKER_LEASE_SECONDS": ("lease", _DAY),
    "WORKER_GRACE_SECONDS": ("grace", _DAY),
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of a worker; the first three are required."""

    runtime: RuntimeSettings
    store_url: str  # file:///folder or s3://bucket/prefix
    notify_url: str  # file:///folder or the ARN of a topic
    allowed_hosts: tuple[str, ...] = ()  # host:port, which may be private and need not speak TLS
    source_buckets: tuple[str, ...] = ()
    # Each signs the events that are sent to callbackUrls: the newest first, and older ones while they are rotated.
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    analyzer: AnalyzerChoice = field(default_factory=AnalyzerChoice)
    token_price: TokenPrice | None = None  # of the analyzer's model, in place of the listed price
    max_bytes: int = DOCUMENT_MEGABYTES * MEGABYTE
    max_pages: int = 2_000  # OCR of them takes four hours on two processors
    # Child processes for batches of pages, beside those of the runtime, which do everything else.
    page_slots: int = field(default_factory=lambda: os.process_cpu_count() or 1)
    chunk_concurrency: int = 8  # a chunk mostly waits for the network
    ocr: OcrChoice = RAPIDOCR
    max_work_seconds: int = 24 * 3_600  # of a job, with all retries; OCR takes at most four hours
    function: str | None = None  # the ARN of the function worker; without one its group is not served
    function_endpoint: str | None = None  # of a stand-in for Lambda
    function_concurrency: int = 50  # calls at a time, each of which waits for the network
    health_port: int | None = None  # on the loopback address
    ending_search_seconds: int = 60  # until the requester of a canceled job gets the notice
    decision_key: DecisionKey | None = None  # signs the links in notices of reviews; without one they have none
    public_url: str = ""  # of the API, for these links
    cells: CellSettings | None = None  # None: there is one server

    @classmethod
    def from_env(cls, variables: Mapping[str, str]) -> Self:
        """Read the variables; the error for a missing or invalid one names it."""
        env = Environment(variables)
        runtime = _read_runtime(env)
        max_megabytes = env.optional(env.number, "MAX_DOCUMENT_MEGABYTES", MEGABYTE)  # a terabyte
        given = {
            "max_bytes": max_megabytes and max_megabytes * MEGABYTE,
            "max_pages": env.optional(env.number, "MAX_DOCUMENT_PAGES", _MAX_PAGES),
            "chunk_concurrency": env.optional(env.number, "WORKER_CHUNK_CONCURRENCY", _MAX_CHUNKS),
            "max_work_seconds": env.optional(env.number, "MAX_WORK_SECONDS", _YEAR),
            "function": env.optional(env.match, "FUNCTION_ARN", _FUNCTION, "the ARN of a Lambda function"),
            "function_endpoint": env.optional(env.url, "AWS_ENDPOINT_URL_LAMBDA"),
            "function_concurrency": env.optional(env.number, "WORKER_FUNCTION_CONCURRENCY", _MAX_CALLS),
            "health_port": env.optional(env.number, "WORKER_HEALTH_PORT", 65_535),
            "ending_search_seconds": env.optional(env.number, "WORKER_ENDINGS_SECONDS", _DAY),
        }
        return cls(
            runtime=runtime,
            page_slots=env.optional(env.number, "WORKER_PAGE_SLOTS", _MAX_PROCESSES) or runtime.slots,
            store_url=env.store_url("STORE_URL"),
            notify_url=env.location("NOTIFY_URL", f"{_TOPIC}|{_BUS}", _CHANNEL),
            allowed_hosts=_read_hosts(env),
            source_buckets=env.list("SOURCE_BUCKETS", BUCKET, "names of buckets, as in letters or letters/in"),
            webhook_secrets=_read_webhook_secrets(env),
            analyzer=_read_analyzer(env),
            token_price=_read_token_price(env),
            ocr=_read_ocr_choice(env),
            decision_key=read_decision_key(env),
            public_url=(env.optional(env.url, "PUBLIC_URL") or "").rstrip("/"),
            cells=read_cells(env) if variables.get(CELLS) else None,
            **_drop_unset(given),
        )


def _read_runtime(env: Environment) -> RuntimeSettings:
    group = env.optional(env.match, "WORKER_GROUP", _GROUP, "letters, digits, dots, dashes and underscores")
    return RuntimeSettings(
        url=env.url("RESONATE_URL"),
        token=env.optional(env.token, "RESONATE_TOKEN"),
        group=group or DOCUMENTS,  # for jobs; those for pages and chunks are named after it
        **_drop_unset({field: env.optional(env.number, name, maximum) for name, (field, maximum) in _RUNTIME.items()}),
    )


def _read_hosts(env: Environment) -> tuple[str, ...]:
    """Return hosts with ports, in lower case as in parsed urls."""
    hosts = env.list("ALLOWED_HOSTS", _HOST, "hosts with ports, as in files.internal:8080")
    return tuple(host.lower() for host in hosts)


def _read_webhook_secrets(env: Environment) -> tuple[str, ...]:
    secrets = (env.optional(env.token, "WEBHOOK_SECRETS") or "").split(",")
    if secrets != [""] and any(len(secret) < MIN_SECRET_CHARACTERS for secret in secrets):
        meaning = f"secrets of at least {MIN_SECRET_CHARACTERS} characters, separated by commas"
        raise SettingsError(f"WEBHOOK_SECRETS must be {meaning}, but has another value")
    return tuple(filter(None, secrets))


def _read_analyzer(env: Environment) -> AnalyzerChoice:
    """Return the choice; it is opened when the worker starts."""
    types = env.optional(env.text, "DOCUMENT_TYPES")
    return AnalyzerChoice(
        name=env.optional(env.text, "ANALYZER") or AnalyzerKind.EXTRACTIVE,
        base_url=env.optional(env.url, "LLM_BASE_URL"),
        api_key=env.optional(env.token, "LLM_API_KEY"),
        types=Path(types) if types else None,
        streams=env.optional(env.one_of, "LLM_STREAM", ("on", "off")) == "on",
    )


def _read_token_price(env: Environment) -> TokenPrice | None:
    meaning = "the USD prices of a million tokens read and written, as 0.25,1.25"
    prices = env.optional(env.match, "LLM_PRICES", rf"\s*{_PRICE}\s*,\s*{_PRICE}\s*", meaning)
    if prices is None:
        return None
    read, written = map(float, prices.split(","))
    return TokenPrice(read=read, written=written)


def _drop_unset(values: Mapping[str, Any]) -> dict[str, Any]:
    """Omit unset values: the dataclass has their defaults."""
    return {name: value for name, value in values.items() if value is not None}


def _read_ocr_choice(env: Environment) -> OcrChoice:
    name = env.optional(env.one_of, "OCR_ENGINE", list(OcrEngine)) or OcrEngine.RAPIDOCR
    tessdata = env.optional(env.text, "TESSDATA_PREFIX") or ""
    alphabet = Alphabet(env.optional(env.one_of, "OCR_ALPHABET", list(Alphabet)) or Alphabet.LATIN)
    with settings_errors("OCR_ENGINE", EngineMissingError, OSError):
        return replace(choose_engine(OcrEngine(name), tessdata=tessdata), alphabet=alphabet)
