"""The API's description in OpenAPI 3.1, made from the models that the programs themselves use.

`make openapi` writes it to docs/openapi.json, and refuses changes that would break a client. `make serve` serves it.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from http import HTTPStatus
from typing import Final

from contract.answers import Problem
from contract.decision import DECISION_ID
from contract.delivery_log import EVENT_ID
from contract.ended_jobs import Erasing, Revoked
from contract.job import JOB_ID
from contract.preference import APPLIED_HEADER, MAX_WAIT_SECONDS, PREFER_HEADER
from contract.routes import PROBLEM_STATUSES, QUOTAS, ROUTES, Parameter, Route
from ops.version import read_version

from .command_line import Parser
from .gateway import DESCRIPTION
from .openapi_changes import find_breaking_changes
from .openapi_models import Json, describe_models, refer

_TITLE: Final = "Longhand"
_ABOUT: Final = (
    "Durable document work. A job is recorded before it is accepted, and its result is read from its durable promise. "
    "Answers only ever gain fields."
)
_MEDIA_TYPE: Final = "application/json"
_PAGE_MEDIA_TYPE: Final = "text/html"
_FORM_MEDIA_TYPE: Final = "application/x-www-form-urlencoded"
_PROBLEM_MEDIA_TYPE: Final = "application/problem+json"
_ID_PATTERNS: Final = {"eventId": EVENT_ID, "decisionId": DECISION_ID}  # the forms of ids in paths, other than job ids
_POLL_HEADERS: Final = {
    "ETag": {
        "description": "Send it back in If-None-Match: an unchanged answer is a 304.",
        "schema": {"type": "string"},
    },
    "Retry-After": {"description": "Seconds until the next poll, while it runs.", "schema": {"type": "integer"}},
}
_PREFERENCE: Final = {
    "name": PREFER_HEADER,
    "in": "header",
    "description": f"wait=N holds the request up to N seconds, {MAX_WAIT_SECONDS} at most, until its answer changes.",
    "schema": {"type": "string"},
}
_APPLIED_HEADERS: Final = {
    APPLIED_HEADER: {"description": "How long the request would have been held.", "schema": {"type": "string"}},
}
_LOCATIONS: Final = {
    HTTPStatus.ACCEPTED: {"Location": {"description": "The path to poll.", "schema": {"type": "string"}}},
    HTTPStatus.SEE_OTHER: {"Location": {"description": "The address of the content.", "schema": {"type": "string"}}},
}
_LINK: Final = {"Link": {"description": "The next page, with rel=next.", "schema": {"type": "string"}}}
_RETRY_AFTER: Final = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}


_QUOTA_HEADERS: Final = {
    "RateLimit-Policy": {"description": "The requester's quotas, if it has any.", "schema": {"type": "string"}},
    "RateLimit": {"description": "What is left of each quota.", "schema": {"type": "string"}},
}


@cache
def describe_api() -> Json:
    """Return the description."""
    paths = defaultdict[str, Json](dict)
    schemas = describe_models()
    for route in ROUTES:
        paths[route.path][route.method.lower()] = _describe_route(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": _TITLE, "version": read_version(), "description": _ABOUT},
        "paths": dict(paths),
        "components": {"schemas": dict(sorted(schemas.items()))},
    }


def _describe_route(route: Route) -> Json:
    described: Json = {
        "operationId": _name_operation(route),
        "summary": route.summary,
        "parameters": [
            *_describe_path(route.path),
            *map(_describe_flag, route.flags),
            *map(_describe_parameter, route.parameters),
            *([_PREFERENCE] if route.may_be_held else []),
        ],
        "responses": _merge(_describe_responses(route)),
    }
    if route.body:
        media_type = _FORM_MEDIA_TYPE if route.page_statuses else _MEDIA_TYPE
        described["requestBody"] = {"required": True, "content": _make_content([refer(route.body)], media_type)}
    return described


def _merge(responses: Iterable[tuple[str, Json]]) -> Json:
    """Return the responses by status. One may have an answer and a problem, in two media types."""
    merged: Json = {}
    for status, response in responses:
        content = {**merged.get(status, {}).get("content", {}), **response.get("content", {})}
        merged[status] = {**merged.get(status, {}), **response, **({"content": content} if content else {})}
    return dict(sorted(merged.items()))


def _name_operation(route: Route) -> str:
    """Return a unique id of an operation: reading one job and listing jobs have different ones."""
    is_shared = any(other.operation_id == route.operation_id for other in ROUTES if other is not route)
    return f"{route.operation_id}ById" if is_shared and route.path.endswith("}") else route.operation_id


def _describe_path(path: str) -> Iterator[Json]:
    for part in path.split("/"):
        if part.startswith("{"):
            name = part.strip("{}")
            schema = {"type": "string", "pattern": f"^{_ID_PATTERNS.get(name, JOB_ID)}$"}
            yield {"name": name, "in": "path", "required": True, "schema": schema}


def _describe_flag(name: str) -> Json:
    return {"name": name, "in": "query", "schema": {"type": "boolean", "default": False}}


def _describe_parameter(parameter: Parameter) -> Json:
    return {"name": parameter.name, "in": "query", "description": parameter.about, "schema": dict(parameter.schema)}


def _describe_responses(route: Route) -> Iterator[tuple[str, Json]]:
    if route.page_statuses:
        for status in route.page_statuses:
            yield str(status.value), _make_response(status, [{"type": "string"}], {}, _PAGE_MEDIA_TYPE)
        return
    has_quotas = set(QUOTAS) <= {*route.problems}
    poll_headers = {**_POLL_HEADERS, **(_APPLIED_HEADERS if route.may_be_held else {})}
    for status, types in route.answers.items():
        headers = poll_headers if status is HTTPStatus.OK and route.method == "GET" else {}
        headers = _LOCATIONS.get(status, headers) if _has_location(status, types) else headers
        headers = {**headers, **_QUOTA_HEADERS} if status is HTTPStatus.ACCEPTED and has_quotas else headers
        headers = {**headers, **_LINK} if any(one.name == "cursor" for one in route.parameters) else headers
        yield str(status.value), _make_response(status, [refer(one) for one in types], headers)
    if route.method == "GET" and HTTPStatus.OK in route.answers:
        yield "304", {"description": "The client holds this answer.", "headers": poll_headers}
    for status, codes in _group_problems({*route.all_problems}).items():
        headers = _RETRY_AFTER if status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS) else {}
        headers = {**headers, **_QUOTA_HEADERS} if {*QUOTAS} & {*codes} else headers
        schema = {"allOf": [refer(Problem)], "properties": {"code": {"enum": codes}}}
        response = _make_response(status, [schema], headers, _PROBLEM_MEDIA_TYPE)
        yield str(status.value), response


def _has_location(status: HTTPStatus, types: Collection[type]) -> bool:
    """Whether the answer has a Location; those about an erasure or a revocation do not."""
    return status in _LOCATIONS and not any(one in (Erasing, Revoked) for one in types)


def _group_problems(codes: Collection[str]) -> dict[HTTPStatus, list[str]]:
    grouped = defaultdict[HTTPStatus, list[str]](list)
    for code in sorted(codes):
        grouped[PROBLEM_STATUSES[code]].append(code)
    return grouped


def _make_response(
    status: HTTPStatus, schemas: list[Json], headers: Mapping[str, Json], media_type: str = _MEDIA_TYPE
) -> Json:
    content = {"content": _make_content(schemas, media_type)} if schemas else {}
    response: Json = {"description": status.phrase, **content}
    return {**response, "headers": dict(headers)} if headers else response


def _make_content(schemas: list[Json], media_type: str = _MEDIA_TYPE) -> Json:
    return {media_type: {"schema": schemas[0] if len(schemas) == 1 else {"oneOf": schemas}}}


def render() -> str:
    """Return the description as the text of its file."""
    return f"{json.dumps(describe_api(), indent=1, ensure_ascii=False)}\n"


def main() -> None:
    """Write the description, or check that it is written."""
    parser = Parser(prog="python -m local.openapi", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if the file is not up to date; write nothing")
    parser.add_argument(
        "--breaking", action="store_true", help="write it even if clients of the present API would fail"
    )
    arguments = parser.parse_args()
    present = DESCRIPTION.read_text() if DESCRIPTION.exists() else "{}"
    if arguments.check:
        sys.exit(None if present == render() else "docs/openapi.json is not that of the code: run make openapi")
    changes = find_breaking_changes(json.loads(present), describe_api())
    if changes and not arguments.breaking:
        sys.exit("\n".join(["clients of the present API would fail:", *changes, "add --breaking if that is meant"]))
    DESCRIPTION.write_text(render())


if __name__ == "__main__":
    main()
