"""The base of the values that the trigger reads or writes: frozen, camelCase in JSON, tolerant of unknown fields.

They are msgspec's, which a new container imports in a fraction of pydantic's time. Only reading checks a value: the
constructor does not. A field with the default None is left out of the JSON if it has no value.
"""

from collections.abc import Mapping
from typing import Any, Self

from msgspec import DecodeError, Struct, ValidationError, convert, json, structs, to_builtins


class WrongFieldsError(ValueError):
    """Values that do not make a request. It names the fields and does not quote their values, which may be secret."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"missing or wrong: {', '.join(names)}")
        self.names = names


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
        """Read it from JSON. Raises ValueError if the content does not fit; the error does not quote it."""
        value: Self = read_json(content, cls)
        return value


def read_json(content: bytes | str, kind: Any) -> Any:  # noqa: ANN401 - a type or a union of types, and its value
    """Read a value of this kind. Raises ValueError."""
    try:
        return json.decode(content, type=kind)
    except (DecodeError, RecursionError) as error:
        raise ValueError(str(error)) from error


def read_fields[T: ApiValue](values: Mapping[str, object], kind: type[T]) -> T:
    """Read the object of a request. Raises WrongFieldsError if fields are missing or wrong; others are ignored."""
    try:
        return convert(values, kind)
    except ValidationError as error:
        wrong = [one.encode_name for one in structs.fields(kind) if not _fits(one, values)]
        raise WrongFieldsError(wrong) from error


def _fits(one: structs.FieldInfo, values: Mapping[str, object]) -> bool:
    if one.encode_name not in values:
        return not one.required
    try:
        convert(values[one.encode_name], one.type)
    except ValidationError:
        return False
    return True
