"""The function's settings, read from its environment once. AWS's own variables hold region and credentials."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from contract.environment import Environment
from contract.job import TYPE_NAME, DocumentType


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The two URLs are required."""

    server_url: str
    store_url: str
    keeper_url: str | None = None  # without one, no lists are answered
    server_token: str | None = field(default=None, repr=False)
    types: tuple[str, ...] = tuple(DocumentType)  # of documents; a request with another one is refused
    has_functions: bool = True  # without them, an invocation is refused

    @classmethod
    def from_env(cls, variables: Mapping[str, str]) -> Self:
        """Read the variables; the error for a missing or wrong one is one sentence that names it."""
        env = Environment(variables)
        added = env.list(
            "KNOWN_TYPES", TYPE_NAME, "types of 1 to 40 characters of a-z 0-9 _ - that begin with a letter"
        )
        return cls(
            server_url=env.url("RESONATE_URL"),
            keeper_url=env.optional(env.url, "KEEPER_URL"),
            store_url=env.store_url("STORE_URL"),
            server_token=env.optional(env.token, "RESONATE_TOKEN"),
            has_functions=env.optional(env.one_of, "FUNCTIONS", ("on", "off")) != "off",
            types=tuple(dict.fromkeys([*map(str, DocumentType), *added])),
        )
