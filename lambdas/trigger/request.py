"""Parses a request, or lists in one sentence everything that is wrong with it. The sentence repeats no password."""

import base64
import json
from collections.abc import Collection, Mapping
from typing import Any, Final

from contract.api_value import ApiValue, WrongFieldsError, read_fields
from contract.job import (
    MAX_APPROVAL_HOURS,
    MAX_COST_USD,
    MAX_PASSWORD,
    MAX_REQUESTER,
    MAX_URL,
    MIN_REMINDER_HOURS,
    Approval,
    DocumentJob,
    ReviewRule,
    TimeoutAction,
)

from .errors import ProblemError, bad_request, other_requester, too_large
from .gateway import Request

MAX_BODY_BYTES: Final = 1_000_000  # a request has a few hundred
MAX_ERRORS: Final = 5  # in one answer, which must stay small
MAX_SHOWN_CHARACTERS: Final = 100  # the characters of a wrong value in a sentence
REQUESTER: Final = "requesterId"
DOCUMENT_URL: Final = "documentUrl"
UPLOAD_ID: Final = "uploadId"
PASSWORD: Final = "documentPassword"  # noqa: S105 - the name of a field
REQUIRED_FIELDS: Final = ("jobId", DOCUMENT_URL, REQUESTER)
DRY_RUN: Final = "dryRun"
TYPE: Final = "type"
APPROVAL: Final = "approval"
ALLOWED_VALUES: Final = {
    "jobId": "1 to 128 characters of A-Z a-z 0-9 _ -",
    DOCUMENT_URL: f"an http(s):// or s3:// URL of at most {MAX_URL} characters",
    REQUESTER: f"a string of 1 to {MAX_REQUESTER} characters",
    TYPE: "one of ",  # and the types that this system knows
    PASSWORD: f"a string of 1 to {MAX_PASSWORD} characters",
    "maxCostUsd": f"a number of US dollars from 0 to {MAX_COST_USD}",
    "callbackUrl": f"an http(s):// URL of at most {MAX_URL} characters, without credentials and fragment",
    UPLOAD_ID: "the uploadId of an answer of POST /uploads",
    APPROVAL: (
        f"an object with required ({' or '.join(ReviewRule)}) and perhaps below (a number from 0 to 1), timeoutHours"
        f" (a number up to {MAX_APPROVAL_HOURS}), reminderHours ({MIN_REMINDER_HOURS} to {MAX_APPROVAL_HOURS}) and"
        f" onTimeout ({' or '.join(TimeoutAction)})"
    ),
}
SECRET_FIELDS: Final = {PASSWORD, "callbackUrl"}


def parse_request(request: Request, *, types: Collection[str], default_id: str | None = None) -> DocumentJob:
    """Parse the body as API Gateway passes it on; `types` are the known ones, `default_id` is for a job without an id.

    The requester is the caller, if a token names one. Unknown fields are refused, because they may be misspelled. An
    unknown type alone is not an error here: it may have been known when the same request was first sent.
    """
    values = fill_in_requester(parse_object(request), request.caller.requester_id)
    return parse_job(values, types=types, default_id=default_id)


def parse_job(values: Mapping[str, Any], *, types: Collection[str], default_id: str | None = None) -> DocumentJob:
    """Parse the fields of a job."""
    if default_id:
        values = {"jobId": default_id, **values}
    if any(_is_missing(name, values) for name in REQUIRED_FIELDS):
        names = "documentUrl and requesterId" if default_id else "jobId, documentUrl, and requesterId"
        raise bad_request(f"{names} are required")
    if values.get(DOCUMENT_URL) is not None and values.get(UPLOAD_ID) is not None:
        raise bad_request("a job has one document: send documentUrl or uploadId, not both")
    unknown = [name for name in values if name not in ALLOWED_VALUES or _has_unknown_part(name, values[name])]
    try:
        job = DocumentJob.read(values)
    except WrongFieldsError as error:
        raise _refuse_fields(values, [*error.names, *unknown], types) from error
    if unknown:
        raise _refuse_fields(values, unknown, types)
    return job


def _is_missing(name: str, values: Mapping[str, object]) -> bool:
    """Whether a required field has no value; an upload stands for a URL."""
    if name == DOCUMENT_URL and values.get(UPLOAD_ID) not in (None, ""):
        return False
    return values.get(name) in (None, "")


def _has_unknown_part(name: str, value: object) -> bool:
    """Whether an approval has a field that is unknown: it may be misspelled."""
    return name == APPROVAL and isinstance(value, dict) and not value.keys() <= {*Approval.__struct_encode_fields__}


def fill_in_requester(values: dict[str, Any], requester_id: str | None) -> dict[str, Any]:
    """Return the fields of a request with its caller as the requester, if a token names one."""
    if requester_id is None:
        return values
    if values.get(REQUESTER, requester_id) != requester_id:
        raise other_requester()
    return {**values, REQUESTER: requester_id}


def unknown_type(name: str, types: Collection[str]) -> ProblemError:
    """Return the error for a type that no worker knows."""
    return bad_request(_describe(TYPE, name, types))


def refuse_parameters(query: Mapping[str, str]) -> None:
    """Refuse every parameter: one that has no effect is a mistake."""
    if query:
        raise bad_request(f"the parameter {quote(min(query))} is unknown: this route has none")


def parse_dry_run(query: Mapping[str, str]) -> bool:
    """Return whether only an estimate is wanted. Unknown parameters are refused: a misspelled one would start a job."""
    if unknown := query.keys() - {DRY_RUN}:
        raise bad_request(f"the parameter {quote(min(unknown))} is unknown: the only one is {DRY_RUN}")
    value = query.get(DRY_RUN, "false")
    if value not in ("true", "false"):
        raise bad_request(f"{DRY_RUN} must be true or false, not {quote(value)}")
    return value == "true"


def decode_body(request: Request, *, max_bytes: int = MAX_BODY_BYTES) -> str:
    """Return the body as text."""
    try:
        content = base64.b64decode(request.body, validate=True) if request.is_base64 else request.body.encode()
        if len(content) > max_bytes:
            raise too_large(max_bytes)
        return content.decode()
    except UnicodeError as error:
        raise bad_request("the body is not UTF-8") from error
    except ValueError as error:
        raise bad_request("the body is marked as base64 and cannot be decoded") from error


def parse_object(request: Request, *, max_bytes: int = MAX_BODY_BYTES) -> dict[str, Any]:
    """Parse the body, which must be a JSON object."""
    return parse_json(decode_body(request, max_bytes=max_bytes), "the body")


def parse_json(text: str, name: str) -> dict[str, Any]:
    """Parse a text, which must be a JSON object; sentences about it have its name."""
    try:
        values = json.loads(text, object_pairs_hook=_refuse_duplicates)
        json.dumps(values, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise bad_request(f"{name} is not JSON: {error.msg} at line {error.lineno} column {error.colno}") from error
    except UnicodeEncodeError as error:
        raise bad_request(f"{name} has an unpaired surrogate escape, such as \\ud800") from error
    except RecursionError as error:
        raise bad_request(f"the JSON of {name} is nested too deeply") from error
    except ValueError as error:
        raise bad_request(f"a number in {name} has too many digits") from error
    if not isinstance(values, dict):
        raise bad_request(f"{name} must be a JSON object, not {_describe_kind(values)}")
    return values


def parse_form[T: ApiValue](values: Mapping[str, object], kind: type[T], form: str) -> T:
    """Return an object as a value of this kind.

    If a field is wrong or unknown, the error says with `form` what is right.
    """
    if values.keys() - {*kind.__struct_encode_fields__}:
        raise bad_request(form)
    try:
        return read_fields(values, kind)
    except WrongFieldsError as error:
        raise bad_request(form) from error


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object. A field that is sent twice is refused: some programs take the first value, others the last."""
    values = dict[str, Any]()
    for name, value in pairs:
        if name in values:
            raise bad_request(f"{_cut(json.dumps(name))} is sent twice: send each field once")
        values[name] = value
    return values


def _describe_kind(value: object) -> str:
    """Describe a value without its content, which may be a request with a password."""
    match value:
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return quote(value)


def _refuse_fields(values: Mapping[str, object], wrong: list[str], types: Collection[str]) -> ProblemError:
    """Describe the wrong fields, and the type beside them if it is unknown."""
    if TYPE in values and values[TYPE] not in types:
        wrong = [*(name for name in wrong if name != TYPE), TYPE]
    described = [_describe(name, values[name], types) for name in wrong[:MAX_ERRORS]]
    more = [f"and {len(wrong) - MAX_ERRORS} more"] if len(wrong) > MAX_ERRORS else []
    return bad_request("; ".join([*described, *more]))


def _describe(field: str, value: object, types: Collection[str]) -> str:
    allowed = ALLOWED_VALUES.get(field)
    if allowed is None:
        return f"the field {quote(field)} is unknown: the fields are {', '.join(ALLOWED_VALUES)}"
    if field in SECRET_FIELDS:
        return f"{field} must be {allowed}"
    return f"{field} must be {allowed}{', '.join(types) if field == TYPE else ''}, not {quote(value)}"


def quote(value: object) -> str:
    """Return a client's value for a sentence."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return _cut(text.encode(errors="backslashreplace").decode())  # a query may have an unpaired surrogate


def _cut(text: str) -> str:
    return text if len(text) <= MAX_SHOWN_CHARACTERS else f"{text[:MAX_SHOWN_CHARACTERS]}..."
