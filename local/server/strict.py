"""Reads the body of a request as strictly as the real server does, where Python's own parsers are lenient.

Strict about UTF-8, about halves of surrogate pairs, numbers beyond 64 bit floats, nesting, and keys that stand twice
where a request may have them only once. What comes out are plain values.
"""

import json
import re
from math import isinf
from typing import Any, Final, NoReturn

DEEPEST: Final = 127  # the levels that the real server's parser goes down
LONG_INTEGER: Final = 300  # digits; about there begins what no float can hold
BRACKET: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)


class MalformedError(ValueError):
    """The body is no JSON that the server would read."""


class Doubled(dict[str, Any]):
    """An object with a key that stands in it twice; the last one counts, if any does."""

    keys_twice: frozenset[str]


def read(body: bytes) -> Any:  # noqa: ANN401 - whatever JSON there is
    """Parse a body, or raise MalformedError."""
    if body.count(b"[") + body.count(b"{") > DEEPEST:
        _check_depth(body)
    try:
        text = body.decode()
        value = (_CAREFUL if _ODD_NUMBER.search(body) else _QUICK).decode(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair cannot be written
    except (ValueError, RecursionError) as error:
        raise MalformedError(str(error)) from error
    return value


def keys_twice(value: object, *names: str) -> list[str]:
    """Those of the names that stand twice in an object that was read."""
    return [name for name in names if name in value.keys_twice] if isinstance(value, Doubled) else []


def _check_depth(body: bytes) -> None:
    depth = 0
    for token in BRACKET.finditer(body):
        if token[0] in b"[{":
            depth += 1
        elif token[0] in b"]}":
            depth -= 1
        if depth > DEEPEST:
            raise MalformedError("recursion limit exceeded")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    doubled = Doubled(value)
    names = [name for name, _ in pairs]
    doubled.keys_twice = frozenset(name for name in value if names.count(name) > 1)
    return doubled


def _integer(digits: str) -> int | float:
    if digits == "-0":
        return -0.0  # it is no integer there
    return int(digits) if len(digits) < LONG_INTEGER else _float(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if isinf(value):
        raise ValueError("number out of range")
    return value


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


# Asking for every integer costs as much as all the rest, and only these are not what they seem.
_ODD_NUMBER: Final = re.compile(rb"-0|\d{%d}" % LONG_INTEGER)
_QUICK: Final = json.JSONDecoder(object_pairs_hook=_object, parse_float=_float, parse_constant=_constant)
_CAREFUL: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
)
