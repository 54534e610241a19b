"""The description of a route, and parts that several routes share."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPMethod, HTTPStatus
from typing import Final

from contract.job import MAX_REQUESTER
from contract.job_lists import DEFAULT_LIMIT, MAX_LIMIT
from contract.preference import PREFER_HEADER, format_wait, read_wait

ALWAYS_POSSIBLE: Final = ("internal", "unavailable")
QUOTAS: Final = ("too_many_jobs", "too_many_jobs_per_hour")
UNREADABLE_BODY: Final = ("bad_request", "body_too_large")


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A parameter of the query. Its schema is one of JSON's."""

    name: str
    about: str
    schema: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Route:
    """One method of one path. `answers` are the bodies by status, without problems."""

    method: HTTPMethod
    path: str
    summary: str
    answers: Mapping[HTTPStatus, tuple[type, ...]]
    problems: tuple[str, ...] = ()
    body: type | None = None
    flags: tuple[str, ...] = ()  # flags in the query
    parameters: tuple[Parameter, ...] = ()
    is_public: bool = False  # the request's token or signature is the credential, not the authorizer's
    page_statuses: tuple[HTTPStatus, ...] = ()  # statuses that a route answers with pages, problems included

    @property
    def all_problems(self) -> tuple[str, ...]:
        """The codes of its problems, including those that all routes have."""
        is_about_a_job = not self.page_statuses and ("{jobId}" in self.path or "{decisionId}" in self.path)
        about_a_job = ("job_erased",) if is_about_a_job else ()
        return (*self.problems, *about_a_job, *ALWAYS_POSSIBLE)

    @property
    def may_be_held(self) -> bool:
        """Whether a client may prefer to wait for a change of its answer."""
        return (
            read_wait(self.method, self.path.replace("{jobId}", "id"), {PREFER_HEADER.lower(): format_wait(1)}, 1) > 0
        )

    @property
    def operation_id(self) -> str:
        """The name that clients generate a function from: `getStatus`."""
        words = [word for part in self.path.split("/") if not part.startswith("{") for word in part.split("-") if word]
        return self.method.lower() + "".join(word.capitalize() for word in words)


REQUESTER: Final = Parameter(
    name="requesterId",
    about="Of this requester only.",
    schema={"type": "string", "maxLength": MAX_REQUESTER, "pattern": r"^[^\x00-\x1f\x7f]+$"},
)
PAGE: Final = (
    Parameter(
        name="limit",
        about="How many on a page.",
        schema={"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    ),
    Parameter(name="cursor", about="That of the page before, with the same filters.", schema={"type": "string"}),
)
