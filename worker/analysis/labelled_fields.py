"""Find the fields of a custom document type behind their labels: `Order number: 4711`.

A single-valued field whose label has different values is left for a person to decide.
"""

import re
from typing import Final

from contract.analysis import Finding

from .dates import find_date
from .lines import TextLine
from .money import codes_of, find_currencies, find_money
from .schema import Field, Kind, Schema

# A label is followed by a mark, a gap between cells, or a number: `PO number` is not the label `PO`.
_SEPARATOR: Final = r"(?:\s*(?:[:#]|n[o°][.:]|nr[.:])+\s*|\s{2,}|\t|\s+(?=\d))"
_CELL: Final = re.compile(r"\s{2,}|\t|\s*\|\s*")  # between the cells of a row
_NUMBER: Final = re.compile(r"-?\d+(?:,\d{3})*(?:\.\d+)?")

type FieldValue = str | float


def find_labelled(lines: list[TextLine], schema: Schema) -> list[Finding]:
    """Return the fields found."""
    return [found for field in schema.fields if _is_supported(field) for found in _find(lines, field)]


def list_unsupported(schema: Schema) -> list[str]:
    """Return the fields that these rules cannot find in any document."""
    return [field.name for field in schema.fields if not _is_supported(field)]


def _is_supported(field: Field) -> bool:
    """Whether the field has labels that are followed by its whole value: figures have names of their own."""
    return bool(field.labels) and not field.columns and field.kind is not Kind.FIGURES


def _find(lines: list[TextLine], field: Field) -> list[Finding]:
    labels = "|".join(re.escape(label) for label in sorted(field.labels, key=len, reverse=True))
    pattern = re.compile(rf"(?:^|\s)(?:{labels})(?!\w){_SEPARATOR}(?P<rest>.*)$", re.IGNORECASE)
    found: dict[FieldValue, TextLine] = {}
    for line in lines:
        if (value := _find_value(pattern, line, field)) is not None:
            found.setdefault(value, line)
    if field.many:
        numbered = enumerate(found.items(), start=1)
        return [line.finding(f"{field.name}.{number}", value) for number, (value, line) in numbered]
    return [line.finding(field.name, value) for value, line in found.items()] if len(found) == 1 else []


def _find_value(pattern: re.Pattern[str], line: TextLine, field: Field) -> FieldValue | None:
    match = pattern.search(line.text)
    rest = match["rest"].strip() if match else ""
    return _parse_value(_CELL.split(rest)[0], rest, field) if rest else None


def _parse_value(cell: str, rest: str, field: Field) -> FieldValue | None:
    """Return the value in the form of its kind, or None if it has another form."""
    if field.kind is Kind.DATE:
        day = find_date(rest)
        return day.isoformat() if day else None
    if field.kind is Kind.CURRENCY:
        return next((codes[0] for sign in find_currencies(rest) if len(codes := codes_of(sign)) == 1), None)
    if field.kind is Kind.CHOICE:
        return next((choice for choice in field.choices if choice.casefold() == cell.casefold()), None)
    if field.kind is Kind.NUMBER:
        return _parse_number(rest)
    return cell


def _parse_number(rest: str) -> float | None:
    if sums := find_money(rest):
        return float(sums[0].amount)
    plain = _NUMBER.match(rest)
    return float(plain[0].replace(",", "")) if plain else None
