"""The function's settings, read from its environment once. AWS's own variables hold region and credentials."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

from contract.environment import Environment
from contract.job import DOCUMENT_MEGABYTES, MEGABYTE, TYPE_NAME, DocumentType

if TYPE_CHECKING:
    from contract.cells import CellSettings

MAX_WAIT_SECONDS: Final = 15  # as in contract.preference, which no other request needs
MAX_COUNTED_JOBS: Final = 10_000  # as in contract.keeper: a count that reads so many rows takes long enough


@dataclass(frozen=True, kw_only=True)
class UploadAccess:
    """Where clients send uploads, and the credentials that sign those addresses.

    A signature expires with the role's session whose credentials made it.
    """

    url: str
    region: str
    key_id: str
    secret: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The two URLs are required."""

    server_url: str
    store_url: str
    keeper_url: str | None = None  # without one, no lists are answered
    server_token: str | None = field(default=None, repr=False)
    types: tuple[str, ...] = tuple(DocumentType)  # types of documents; a request with another one is refused
    has_functions: bool = True  # without them, an invocation is refused
    uploads: UploadAccess | None = None  # without it, uploads are refused
    max_document_bytes: int = DOCUMENT_MEGABYTES * MEGABYTE
    max_open_jobs: int | None = None  # open jobs that each requester may have
    max_hourly_jobs: int | None = None
    max_wait_seconds: int = 0  # how long a request with `Prefer: wait` is held
    decision_key: str | None = field(default=None, repr=False)  # without one, links and webhooks are refused
    cells: "CellSettings | None" = None  # without them, there is one server
    admin_group: str | None = None  # the group of users whose tokens reach all jobs

    @classmethod
    def from_env(cls, variables: Mapping[str, str]) -> Self:
        """Read the variables; the error for a missing or wrong one is one sentence that names it."""
        env = Environment(variables)
        megabytes = env.optional(env.number, "MAX_DOCUMENT_MEGABYTES", MEGABYTE) or DOCUMENT_MEGABYTES
        added = env.list(
            "KNOWN_TYPES", TYPE_NAME, "types of 1 to 40 characters of a-z 0-9 _ - that begin with a letter"
        )
        return cls(
            server_url=env.url("RESONATE_URL"),
            keeper_url=env.optional(env.url, "KEEPER_URL"),
            store_url=env.store_url("STORE_URL"),
            server_token=env.optional(env.token, "RESONATE_TOKEN"),
            has_functions=env.optional(env.one_of, "FUNCTIONS", ("on", "off")) != "off",
            uploads=_read_upload_access(env),
            max_open_jobs=env.optional(env.number, "MAX_OPEN_JOBS", MAX_COUNTED_JOBS),
            max_hourly_jobs=env.optional(env.number, "MAX_HOURLY_JOBS", MAX_COUNTED_JOBS),
            max_wait_seconds=env.optional(env.number, "MAX_WAIT_SECONDS", MAX_WAIT_SECONDS) or 0,
            decision_key=env.optional(env.token, "DECISION_KEY"),
            cells=_read_cells(env) if variables.get("CELLS") else None,
            admin_group=env.optional(env.text, "ADMIN_GROUP"),
            max_document_bytes=megabytes * MEGABYTE,
            types=tuple(dict.fromkeys([*map(str, DocumentType), *added])),
        )


def _read_cells(env: Environment) -> "CellSettings":
    from contract.cells import read_cells  # noqa: PLC0415 - a deployment with one server never needs it

    return read_cells(env)


def _read_upload_access(env: Environment) -> UploadAccess | None:
    """Return it if there is an address for uploads; then Lambda has set the other variables."""
    url = env.optional(env.url, "UPLOADS_URL")
    if url is None:
        return None
    return UploadAccess(
        url=url.rstrip("/"),
        region=env.text("AWS_REGION"),
        key_id=env.token("AWS_ACCESS_KEY_ID"),
        secret=env.token("AWS_SECRET_ACCESS_KEY"),
        session_token=env.optional(env.token, "AWS_SESSION_TOKEN"),
    )
