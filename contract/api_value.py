"""The base of the values that the trigger reads or writes: frozen, camelCase in JSON, tolerant of unknown fields.

They are msgspec's, which a new container imports in a fraction of pydantic's time. Only reading checks a value: the
constructor does not. Fields whose default is None are left out of the JSON while they have no value.
"""

from typing import Any, Self

from msgspec import DecodeError, Struct, json, to_builtins


class ApiValue(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A value between the trigger and its clients or workers."""

    def to_dict(self) -> dict[str, Any]:
        """Return the object that the JSON has."""
        values: dict[str, Any] = to_builtins(self)
        return values

    def to_json(self) -> bytes:
        """Write it as JSON."""
        return json.encode(self)

    @classmethod
    def from_json(cls, content: bytes | str) -> Self:
        """Read it from JSON. Raises ValueError if the content is no such value; the error does not quote it."""
        value: Self = read_json(content, cls)
        return value


def read_json(content: bytes | str, kind: Any) -> Any:  # noqa: ANN401 - a type or a union of types, and its value
    """Read a value of this kind. Raises ValueError."""
    try:
        return json.decode(content, type=kind)
    except (DecodeError, RecursionError) as error:
        raise ValueError(str(error)) from error
