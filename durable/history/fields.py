"""Values of this room as JSON: camelCase, and fields without a value are omitted."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

_CAPITAL: Final = re.compile("[A-Z]")


def to_fields(value: Any) -> dict[str, Any]:  # noqa: ANN401 a dataclass
    """Return the fields of a value, and of the values in it."""
    return asdict(value, dict_factory=_name_fields)


def from_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a value that has these fields."""
    return {_CAPITAL.sub(lambda match: f"_{match[0].lower()}", name): value for name, value in fields.items()}


def _name_fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {_to_camel_case(name): value for name, value in pairs if value is not None}


def _to_camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
