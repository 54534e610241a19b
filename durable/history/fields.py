"""Values of this room as JSON: camelCase, and fields without a value are omitted."""

from dataclasses import asdict
from typing import Any


def to_fields(value: Any) -> dict[str, Any]:  # noqa: ANN401 a dataclass
    """Return the fields of a value, and of the values in it."""
    return asdict(value, dict_factory=_name_fields)


def _name_fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {_to_camel_case(name): value for name, value in pairs if value is not None}


def _to_camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
