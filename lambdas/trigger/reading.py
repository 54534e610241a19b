"""Reads what a client asks for, and says in one sentence all that can be wrong with it. It repeats no password."""

import base64
import json
from collections.abc import Collection
from typing import Any, Final

from pydantic import ValidationError

from contract.job import MAX_COST_USD, MAX_PASSWORD, MAX_REQUESTER, MAX_URL, DocumentRequest

from .problems import ProblemError, bad_request, too_large

MAX_BODY: Final = 1_000_000  # bytes; a request has a few hundred
MAX_PARTS: Final = 5  # of what is wrong that are named: an answer must stay small, however bad the request
MAX_SHOWN: Final = 100  # characters of a wrong value that are shown back
REQUIRED: Final = ("jobId", "documentUrl", "requesterId")
DRY_RUN: Final = "dryRun"
TYPE: Final = "type"
ALLOWED: Final = {
    "jobId": "1 to 128 characters of A-Z a-z 0-9 _ -",
    "documentUrl": f"an http(s):// or s3:// URL of at most {MAX_URL} characters",
    "requesterId": f"a text of 1 to {MAX_REQUESTER} characters",
    TYPE: "one of ",  # and those that this system knows
    "documentPassword": f"a text of 1 to {MAX_PASSWORD} characters",
    "maxCostUsd": f"a number of US dollars from 0 to {MAX_COST_USD}",
}
SECRET: Final = {"documentPassword"}


def read_request(body: str | None, *, is_base64: bool, types: Collection[str]) -> DocumentRequest:
    """Read the body as API Gateway hands it over; `types` are those that this system knows.

    Another type that could be one is for the caller to judge: a job of it may be there from when it was known.
    """
    values = _object(_text(body or "", is_base64=is_base64))
    if any(values.get(name) in (None, "") for name in REQUIRED):
        raise bad_request("jobId, documentUrl, and requesterId are required")
    wrong = [(TYPE, values[TYPE])] if TYPE in values and values[TYPE] not in types else []
    try:
        return DocumentRequest.model_validate(values)
    except ValidationError as error:
        parts = [(str(part["loc"][0]), part["input"]) for part in error.errors()]
        wrong = [*(part for part in parts if part[0] != TYPE), *wrong]
        raise bad_request(_sentence(wrong, types)) from error


def unknown_type(name: str, types: Collection[str]) -> ProblemError:
    """Nobody would know what to look for."""
    return bad_request(_part(TYPE, name, types))


def read_dry_run(query: dict[str, str]) -> bool:
    """Read whether only an estimate is asked for. A parameter that is misspelt would start, and pay for, a job."""
    if unknown := query.keys() - {DRY_RUN}:
        raise bad_request(f"{_shown(min(unknown))} is not known: the only parameter is {DRY_RUN}")
    value = query.get(DRY_RUN, "false")
    if value not in ("true", "false"):
        raise bad_request(f"{DRY_RUN} must be true or false, not {_shown(value)}")
    return value == "true"


def _text(body: str, *, is_base64: bool) -> str:
    try:
        content = base64.b64decode(body, validate=True) if is_base64 else body.encode()
        if len(content) > MAX_BODY:
            raise too_large(MAX_BODY)
        return content.decode()
    except UnicodeError as error:
        raise bad_request("the body is not UTF-8") from error
    except ValueError as error:
        raise bad_request("the body is marked as base64 and is not") from error


def _object(text: str) -> dict[str, Any]:
    try:
        values = json.loads(text, object_pairs_hook=_once)
        json.dumps(values, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise bad_request(f"the body is not JSON: {error.msg} at line {error.lineno} column {error.colno}") from error
    except UnicodeEncodeError as error:
        raise bad_request("the body has half a character: an escape like \\ud800 without the other half") from error
    except (RecursionError, ValueError) as error:
        raise bad_request("the body is not JSON that anybody would send") from error
    if not isinstance(values, dict):  # what it is, and not what is in it: that may be a request with a password
        raise bad_request(f"the body must be a JSON object, not {_kind(values)}")
    return values


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of names that are there once: of two values one program takes the first, the next the last."""
    values = dict[str, Any]()
    for name, value in pairs:
        if name in values:
            raise bad_request(f"{_cut(json.dumps(name))} is there twice: name each field once")
        values[name] = value
    return values


def _kind(value: object) -> str:
    match value:
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return _shown(value)


def _sentence(wrong: list[tuple[str, object]], types: Collection[str]) -> str:
    said = [_part(field, value, types) for field, value in wrong[:MAX_PARTS]]
    return "; ".join([*said, f"and {len(wrong) - MAX_PARTS} more"] if len(wrong) > MAX_PARTS else said)


def _part(field: str, value: object, types: Collection[str]) -> str:
    allowed = ALLOWED.get(field)
    if allowed is None:
        return f"{_shown(field)} is not known: the fields are {', '.join(ALLOWED)}"
    if field in SECRET:
        return f"{field} must be {allowed}"
    return f"{field} must be {allowed}{', '.join(types) if field == TYPE else ''}, not {_shown(value)}"


def _shown(value: object) -> str:
    return _cut(json.dumps(value, ensure_ascii=False, default=str))


def _cut(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."
