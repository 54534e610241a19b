"""From the bytes of a request to what is asked for, with a sentence for everything that can be wrong with them."""

import base64
import json
from typing import Any, Final

from pydantic import ValidationError

from contract.job import MAX_REQUESTER, MAX_URL, DocumentRequest, DocumentType

from .problems import bad_request, too_large

MAX_BODY: Final = 1_000_000  # bytes; a request has a few hundred
MAX_PARTS: Final = 5  # of what is wrong that are named: an answer must stay small, however bad the request
MAX_SHOWN: Final = 100  # characters of a wrong value that are shown back
REQUIRED: Final = ("jobId", "documentUrl", "requesterId")
ALLOWED: Final = {
    "jobId": "1 to 128 characters of A-Z a-z 0-9 _ -",
    "documentUrl": f"an http(s):// or s3:// URL of at most {MAX_URL} characters",
    "requesterId": f"a text of 1 to {MAX_REQUESTER} characters",
    "type": "one of " + ", ".join(DocumentType),
}


def read_request(body: str | None, *, is_base64: bool) -> DocumentRequest:
    """Read the body as API Gateway hands it over."""
    values = _object(_text(body or "", is_base64=is_base64))
    if any(values.get(name) in (None, "") for name in REQUIRED):
        raise bad_request("jobId, documentUrl, and requesterId are required")
    try:
        return DocumentRequest.model_validate(values)
    except ValidationError as error:
        raise bad_request(_sentence(error)) from error


def _text(body: str, *, is_base64: bool) -> str:
    if len(body) > 2 * MAX_BODY:  # before anything is made of it; base64 is a third longer than what it means
        raise too_large(MAX_BODY)
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
        values = json.loads(text)
        json.dumps(values, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise bad_request(f"the body is not JSON: {error.msg} at line {error.lineno} column {error.colno}") from error
    except UnicodeEncodeError as error:
        raise bad_request("the body has half a character: an escape like \\ud800 without the other half") from error
    except (RecursionError, ValueError) as error:
        raise bad_request("the body is not JSON that anybody would send") from error
    if not isinstance(values, dict):
        raise bad_request(f"the body must be a JSON object, not {_shown(values)}")
    return values


def _sentence(error: ValidationError) -> str:
    parts = error.errors()
    said = [_part(str(part["loc"][0]), part["input"]) for part in parts[:MAX_PARTS]]
    return "; ".join([*said, f"and {len(parts) - MAX_PARTS} more"] if len(parts) > MAX_PARTS else said)


def _part(field: str, value: object) -> str:
    allowed = ALLOWED.get(field)
    if allowed is None:
        return f"{_shown(field)} is not known: the fields are {', '.join(ALLOWED)}"
    return f"{field} must be {allowed}, not {_shown(value)}"


def _shown(value: object) -> str:
    shown = json.dumps(value, ensure_ascii=False, default=str)
    return shown if len(shown) <= MAX_SHOWN else f"{shown[:MAX_SHOWN]}..."
