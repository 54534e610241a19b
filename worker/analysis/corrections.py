"""Check a reviewer's corrections by the type of the document: names of fields, and the kinds of their values."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from contract.review import CorrectedValue

from .schema import Column, Field, Kind, Schema

_MAX_CHARACTERS: Final = 2_000  # the longest value, as in a model's answer
_NUMBER: Final = r"[1-9][0-9]{0,3}"  # the number of an entry of a list, or of a row of a table
_FIGURE: Final = r"[a-z0-9_]{1,40}"


def find_flaw(corrections: Mapping[str, CorrectedValue], schema: Schema) -> str | None:
    """Return why these corrections do not fit the type, or None. It names the field and does not quote its value."""
    for name, value in corrections.items():
        column = _find_column(name, schema)
        if column is None:
            fields = ", ".join(field.name for field in schema.fields)
            return f"{name} is no field of the type {schema.name}, whose fields are {fields}"
        is_valid, meaning = _CHECKS[column.kind]
        if value is not None and not is_valid(value, column):
            choices = f" of {', '.join(column.choices)}" if column.choices else ""
            return f"{name} must be {meaning}{choices}, or null if the document has no such value"
    return None


def _find_column(name: str, schema: Schema) -> Column | None:
    """Return the field of a name such as `amount`, `parties.1`, `metrics.revenue` or `line_items.2.price`."""
    first, _, rest = name.partition(".")
    field = next((one for one in schema.fields if one.name == first), None)
    return _find_part(field, rest) if field else None


def _find_part(field: Field, rest: str) -> Column | None:
    if field.columns:
        number, _, column = rest.partition(".")
        found = next((one for one in field.columns if one.name == column), None)
        return found if re.fullmatch(_NUMBER, number) else None
    if field.kind is Kind.FIGURES:
        return field if re.fullmatch(_FIGURE, rest) else None
    if field.many:
        return field if re.fullmatch(_NUMBER, rest) else None
    return None if rest else field


def _is_text(value: CorrectedValue, _: Column) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= len(value) <= _MAX_CHARACTERS


def _is_number(value: CorrectedValue, _: Column) -> bool:
    return isinstance(value, float) and math.isfinite(value)


def _is_date(value: CorrectedValue, _: Column) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_currency(value: CorrectedValue, _: Column) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[A-Z]{3}", value) is not None


def _is_choice(value: CorrectedValue, column: Column) -> bool:
    return value in column.choices


type _Check = Callable[[CorrectedValue, Column], bool]

_TEXT: Final[tuple[_Check, str]] = (_is_text, f"a text of 1 to {_MAX_CHARACTERS} characters")
_FINITE: Final[tuple[_Check, str]] = (_is_number, "a number")
_CHECKS: Final[Mapping[Kind, tuple[_Check, str]]] = {
    Kind.LITERAL: _TEXT,
    Kind.TEXT: _TEXT,
    Kind.NUMBER: _FINITE,
    Kind.FIGURES: _FINITE,
    Kind.DATE: (_is_date, "a date such as 2026-11-29"),
    Kind.CURRENCY: (_is_currency, "the three capital letters of a currency"),
    Kind.CHOICE: (_is_choice, "one"),
}
