"""The keeper's settings, read from its environment once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from contract.environment import Environment

_DAY_SECONDS: Final = 24 * 3600
_MAX_SECONDS: Final = 366 * _DAY_SECONDS
_MAX_DAYS: Final = 36_500
_MAX_PORT: Final = 65_535
SQLITE_FILE: Final = "SQLITE_FILE"  # the database of a server on a laptop
_SSL_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


@dataclass(frozen=True, kw_only=True)
class DatabaseAddress:
    """How to connect to the server's database."""

    host: str
    port: int
    name: str
    sslmode: str
    sslrootcert: str  # the file of certificate authorities, for the modes that verify
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class TokenSettings:
    """What a token must be: signed with the server's key, and the token of the one caller."""

    public_key: str = field(repr=False)
    issuer: str
    audience: str
    subject: str


@dataclass(frozen=True, kw_only=True)
class QuerySettings:
    """Where queries are answered. Without tokens, only programs of this machine get answers."""

    port: int
    tokens: TokenSettings | None = None

    @classmethod
    def read(cls, env: Environment) -> Self | None:
        """Read them; without a port no queries are answered."""
        port, tokens = env.optional(env.number, "KEEPER_PORT", _MAX_PORT), _read_tokens(env)
        return None if port is None else cls(port=port, tokens=tokens)


@dataclass(frozen=True, kw_only=True)
class LaptopSettings:
    """On a laptop the keeper only answers queries, from the file that the server writes."""

    file: Path
    query: QuerySettings

    @classmethod
    def from_env(cls, variables: Mapping[str, str]) -> Self:
        """Read them; a missing or wrong variable raises one sentence that names it."""
        env = Environment(variables)
        file = Path(env.text(SQLITE_FILE))
        return cls(file=file, query=QuerySettings(port=env.number("KEEPER_PORT", _MAX_PORT)))


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The first three must be given. Times are in seconds."""

    database: DatabaseAddress
    metrics_url: str
    retention: int  # longer than clients repeat requests, because a repeated request with a deleted id runs again
    ready_url: str = "http://127.0.0.1:8001/ready"  # the server runs in the same task
    namespace: str = "Longhand"
    history_interval: int = 3600
    gauge_interval: int = 60  # a shorter one costs more in CloudWatch and shows no more
    query: QuerySettings | None = None
    min_lifetime: int = 0  # a failed keeper stays alive this long: ECS does not restart a task that ends sooner

    @classmethod
    def from_env(cls, variables: Mapping[str, str]) -> Self:
        """Read them; a missing or wrong variable raises one sentence that names it."""
        env = Environment(variables)
        optional: dict[str, Any] = {
            "ready_url": env.optional(env.url, "READY_URL", schemes=("http",)),
            "namespace": env.optional(env.text, "METRICS_NAMESPACE"),
            "history_interval": env.optional(env.number, "HISTORY_INTERVAL_SECONDS", _MAX_SECONDS),
            "gauge_interval": env.optional(env.number, "GAUGES_INTERVAL_SECONDS", _MAX_SECONDS),
            "query": QuerySettings.read(env),
            "min_lifetime": env.optional(env.number, "MIN_LIFETIME_SECONDS", _MAX_SECONDS),
        }
        return cls(
            database=_read_address(env),
            metrics_url=env.url("METRICS_URL", schemes=("http",)),
            retention=env.number("RETENTION_DAYS", _MAX_DAYS) * _DAY_SECONDS,
            **{name: value for name, value in optional.items() if value is not None},
        )


def _read_tokens(env: Environment) -> TokenSettings | None:
    public_key = env.optional(env.secret, "PUBLIC_KEY")
    claims = {name: env.optional(env.text, name) for name in ("TOKEN_ISSUER", "TOKEN_AUDIENCE", "TOKEN_SUBJECT")}
    if public_key is None:
        return None
    issuer, audience, subject = (env.text(name) for name in claims)
    return TokenSettings(public_key=public_key, issuer=issuer, audience=audience, subject=subject)


def _read_address(env: Environment) -> DatabaseAddress:
    return DatabaseAddress(
        host=env.text("DB_HOST"),
        port=env.number("DB_PORT", _MAX_PORT),
        name=env.text("DB_NAME"),
        sslmode=env.one_of("DB_SSLMODE", _SSL_MODES),
        sslrootcert=env.text("DB_SSLROOTCERT"),
        user=env.text("DB_USER"),
        password=env.secret("DB_PASSWORD"),
    )
