"""Digests of arguments: the same in every process, and unchanged when a type gets a new field with a default."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from hashlib import blake2b
from pathlib import PurePath
from typing import Any, Final

import msgspec
from pydantic import BaseModel

from durable.wire.call_record import UNKNOWN_DIGEST

_DIGEST_BYTES: Final = 4
_struct_fields = cache(msgspec.structs.fields)  # which reads the annotations of the class each time


def digest_value(value: object) -> str:
    """Return a digest of a value, or "-" if the value is not JSON."""
    try:
        data = _ENCODER.encode(_simplify(value))
    except (AttributeError, TypeError, ValueError, RecursionError, OverflowError):
        return UNKNOWN_DIGEST
    return blake2b(data, digest_size=_DIGEST_BYTES).hexdigest()


def _simplify(value: Any) -> object:  # noqa: ANN401 anything
    """Return lists and dictionaries for what holds other values, without fields that have their defaults."""
    if isinstance(value, list | tuple):
        return [_simplify(one) for one in value]
    if isinstance(value, dict):
        return {key: _simplify(one) for key, one in value.items()}
    if isinstance(value, BaseModel | msgspec.Struct) or (is_dataclass(value) and not isinstance(value, type)):
        return {name: _simplify(one) for name, one, default in _fields_of(value) if one != default}
    return value


def _fields_of(value: Any) -> Iterator[tuple[str, object, object]]:  # noqa: ANN401 a value with fields
    """Yield each field's name, value and default."""
    if isinstance(value, BaseModel):
        for name, model_field in type(value).model_fields.items():
            yield name, getattr(value, name), model_field.get_default(call_default_factory=True)
        return
    declared = _struct_fields(type(value)) if isinstance(value, msgspec.Struct) else fields(value)
    for one in declared:
        factory = one.default_factory
        yield one.name, getattr(value, one.name), factory() if callable(factory) else one.default


def _write_as_text(value: object) -> str:
    if isinstance(value, PurePath):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_write_as_text, order="deterministic")  # sorts sets and dictionaries
