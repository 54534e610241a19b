"""Parses the parameters of a list or a log. Unknown ones are refused: a misspelled filter would list too much."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from contract.answers import JobState
from contract.job import JOB_ID, MAX_REQUESTER, REQUESTER, TYPE_NAME
from contract.job_lists import DEFAULT_LIMIT, MAX_LIMIT

from .errors import bad_request
from .request import quote

LIMIT: Final = "limit"
CURSOR: Final = "cursor"
_OPEN: Final = "open"
_BATCH: Final = re.compile(JOB_ID)
_REQUESTER: Final = re.compile(REQUESTER)
_TYPE: Final = re.compile(TYPE_NAME)


type Reader = Callable[[str, str], Any]


@dataclass(frozen=True, kw_only=True)
class ListQuery:
    """The filters of a list by the names of their parameters, and its page."""

    filters: Mapping[str, Any]
    limit: int
    cursor: str | None


def parse_list(query: Mapping[str, str], readers: Mapping[str, Reader]) -> ListQuery:
    """Parse the parameters of a list; `readers` are those of its filters."""
    values = parse_parameters(query, {**readers, LIMIT: make_limit_reader(MAX_LIMIT), CURSOR: read_text})
    limit, cursor = values.pop(LIMIT, DEFAULT_LIMIT), values.pop(CURSOR, None)
    return ListQuery(filters=values, limit=limit, cursor=cursor)


def parse_parameters(query: Mapping[str, str], readers: Mapping[str, Reader]) -> dict[str, Any]:
    """Return the values of parameters, each by its reader. An empty one counts as not given."""
    if unknown := query.keys() - readers.keys():
        raise bad_request(f"the parameter {quote(min(unknown))} is unknown: the parameters are {', '.join(readers)}")
    return {name: readers[name](name, value) for name, value in query.items() if value}


def read_state(name: str, value: str) -> JobState:
    """Return a state of jobs."""
    if value not in list(JobState):
        raise bad_request(f"{name} must be one of {', '.join(JobState)}, not {quote(value)}")
    return JobState(value)


def read_open(name: str, value: str) -> str:
    """Return the only state of decisions that are listed."""
    if value != _OPEN:
        raise bad_request(f"{name} must be {_OPEN}, not {quote(value)}: only open decisions are listed")
    return value


def read_type(name: str, value: str) -> str:
    """Return a name that a type of document can have."""
    return _match(_TYPE, name, value, "a type of document")


def read_batch(name: str, value: str) -> str:
    """Return an id that a batch can have."""
    return _match(_BATCH, name, value, "1 to 128 characters of A-Z a-z 0-9 _ -")


def read_requester(name: str, value: str) -> str:
    """Return a text that a requester's id can be."""
    if len(value) > MAX_REQUESTER or not _REQUESTER.fullmatch(value):
        raise bad_request(f"{name} must be a string of 1 to {MAX_REQUESTER} characters, not {quote(value)}")
    return value


def read_time(name: str, value: str) -> int:
    """Return a time in the server's form. A time without an offset is UTC."""
    try:
        moment = datetime.fromisoformat(value)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000)
    except (ValueError, OverflowError) as error:
        form = "a time as 2026-11-29T16:00:00Z"
        raise bad_request(f"{name} must be {form}, not {quote(value)} (write + as %2B)") from error


def make_limit_reader(most: int) -> Reader:
    """Return the reader of a page's size, which may be at most `most`."""

    def read(name: str, value: str) -> int:
        if not (value.isascii() and value.isdigit() and len(value) < 5 and 1 <= int(value) <= most):  # noqa: PLR2004
            raise bad_request(f"{name} must be a number from 1 to {most}, not {quote(value)}")
        return int(value)

    return read


def read_text(_: str, value: str) -> str:
    """Return a text that is checked elsewhere."""
    return value


def _match(pattern: re.Pattern[str], name: str, value: str, meaning: str) -> str:
    if not pattern.fullmatch(value):
        raise bad_request(f"{name} must be {meaning}, not {quote(value)}")
    return value


JOB_FILTERS: Final[Mapping[str, Reader]] = {
    "state": read_state,
    "type": read_type,
    "requesterId": read_requester,
    "since": read_time,
    "batch": read_batch,
}
DECISION_FILTERS: Final[Mapping[str, Reader]] = {"state": read_open, "requesterId": read_requester}
