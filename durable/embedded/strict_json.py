"""Parses a request's body as strictly as the real server does; Python's own parsers are more lenient.

It refuses invalid UTF-8, unpaired surrogates, numbers beyond 64-bit floats and deep nesting, and it reports repeated
keys.
"""

import json
import re
from functools import partial
from math import isinf
from typing import Any, Final, NoReturn

from msgspec import MsgspecError
from msgspec.json import Decoder, Encoder

MAX_DEPTH: Final = 127  # levels; the real server's limit
LONG_INTEGER_DIGITS: Final = 300  # longer integers may exceed every float
_ANY_DECODER: Final = Decoder()
_encode: Final = Encoder().encode
BRACKET: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)


class MalformedError(ValueError):
    """The body is not JSON that the real server accepts."""


class RepeatedKeysObject(dict[str, Any]):
    """An object with a repeated key; it has the last value."""

    repeated_keys: frozenset[str]


def parse_json(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    """Parse a body. Raises MalformedError."""
    if _count_brackets(body) > MAX_DEPTH:
        _check_depth(body)
    value = parse_plain(body, _ANY_DECODER)
    return _parse_carefully(body) if value is None else value


def parse_plain[T](body: bytes, decoder: Decoder[T]) -> T | None:
    """Parse a body that its value is encoded to again: nothing in it is unknown, repeated, odd or escaped.

    Clients send such bodies, and this is four times as fast. Of another body, return None.
    """
    if _count_brackets(body) > MAX_DEPTH:
        return None
    try:
        value = decoder.decode(body)
        return value if _encode(value) == body else None
    except (MsgspecError, ValueError, OverflowError, RecursionError):
        return None


def _count_brackets(body: bytes) -> int:
    return body.count(b"[") + body.count(b"{")


def _parse_carefully(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    try:
        text = body.decode()
        value = (_CAREFUL_DECODER if _ODD_NUMBER_PATTERN.search(body) else _FAST_DECODER).decode(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # an unpaired surrogate cannot be encoded
    except (ValueError, RecursionError) as error:
        raise MalformedError(str(error)) from error
    return value


def find_repeated_keys(value: object, *names: str) -> list[str]:
    """Return those of the names that are repeated in a parsed object."""
    return [name for name in names if name in value.repeated_keys] if isinstance(value, RepeatedKeysObject) else []


def _check_depth(body: bytes) -> None:
    depth = 0
    for token in BRACKET.finditer(body):
        if token[0] in b"[{":
            depth += 1
        elif token[0] in b"]}":
            depth -= 1
        if depth > MAX_DEPTH:
            raise MalformedError("recursion limit exceeded")


def _make_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    repeated = RepeatedKeysObject(value)
    names = [name for name, _ in pairs]
    repeated.repeated_keys = frozenset(name for name in value if names.count(name) > 1)
    return repeated


def _parse_integer(digits: str) -> int | float:
    if digits == "-0":
        return -0.0  # not an integer for the real server
    return int(digits) if len(digits) < LONG_INTEGER_DIGITS else _parse_float(digits)


def _parse_float(digits: str) -> float:
    value = float(digits)
    if isinf(value):
        raise ValueError("number out of range")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


# A hook for every integer would double the time, and only these need it.
_ODD_NUMBER_PATTERN: Final = re.compile(rb"-0|\d{%d}" % LONG_INTEGER_DIGITS)
_make_decoder = partial(
    json.JSONDecoder, object_pairs_hook=_make_object, parse_float=_parse_float, parse_constant=_refuse_constant
)
_FAST_DECODER: Final = _make_decoder()
_CAREFUL_DECODER: Final = _make_decoder(parse_int=_parse_integer)
