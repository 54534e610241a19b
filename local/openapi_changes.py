"""Finds changes of the API's description that break clients. New routes, answers and optional fields do not."""

from collections.abc import Iterator
from typing import Any

type Json = dict[str, Any]


def find_breaking_changes(old: Json, new: Json) -> list[str]:
    """Return a sentence for each change that a client of the old API could fail at."""
    return [*_compare_routes(old, new), *_compare_schemas(old, new)]


def _compare_routes(old: Json, new: Json) -> Iterator[str]:
    for path, methods in old.get("paths", {}).items():
        for method, route in methods.items():
            name = f"{method.upper()} {path}"
            present = new["paths"].get(path, {}).get(method)
            if present is None:
                yield f"{name} is gone"
                continue
            for status in route["responses"].keys() - present["responses"].keys():
                yield f"{name} no longer answers {status}"
            yield from _compare_parameters(name, route, present)


def _compare_parameters(name: str, old: Json, new: Json) -> Iterator[str]:
    for kind in ("path", "query"):
        before, after = ({one["name"] for one in route["parameters"] if one["in"] == kind} for route in (old, new))
        for parameter in sorted(before - after):
            yield f"{name} no longer takes {parameter}"
    if "requestBody" in new and "requestBody" not in old:
        yield f"{name} requires a body"


def _compare_schemas(old: Json, new: Json) -> Iterator[str]:
    sent = _find_request_schemas(new)
    schemas = new.get("components", {}).get("schemas", {})
    for name, before in old.get("components", {}).get("schemas", {}).items():
        after = schemas.get(name)
        if after is None:
            yield f"{name} is gone"
            continue
        yield from _compare_fields(name, before.get("properties", {}), after.get("properties", {}))
        required = set(before.get("required", ())), set(after.get("required", ()))
        if name in sent:
            yield from (f"{name} requires {field}" for field in sorted(required[1] - required[0]))
        else:
            yield from (f"{name} may lack {field}" for field in sorted(required[0] - required[1]))
        yield from _compare_values(name, before, after)


def _compare_fields(name: str, old: Json, new: Json) -> Iterator[str]:
    for field, before in old.items():
        after = new.get(field)
        if after is None:
            yield f"{name} no longer has {field}"
            continue
        if any(before.get(key) != after.get(key) for key in ("type", "$ref")):
            yield f"{name}.{field} has another type"
        yield from _compare_values(f"{name}.{field}", before, after)


def _compare_values(name: str, old: Json, new: Json) -> Iterator[str]:
    yield from (f"{name} is never {value}" for value in old.get("enum", ()) if value not in new.get("enum", ()))


def _find_request_schemas(description: Json) -> set[str]:
    """Return the names of the schemas that a client sends."""
    bodies = [
        content["schema"]["$ref"]
        for methods in description.get("paths", {}).values()
        for route in methods.values()
        for content in route.get("requestBody", {}).get("content", {}).values()
    ]
    return {body.rpartition("/")[2] for body in bodies}
