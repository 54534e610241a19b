"""Fields of a type that a user added, found behind their labels: `Order number: 4711`.

A label that is there with different values is not decided if one is wanted: nobody but a person can tell.
"""

import re
from typing import Final

from contract.analysis import Finding

from .dates import find_date
from .lines import TextLine
from .money import find_currencies, find_money
from .schema import Field, Kind, Schema

# Behind a label there is a mark, a gap between cells, or at least a number: `PO number` is not the label `PO`.
_AFTER: Final = r"(?:\s*(?:[:#]|n[o°][.:]|nr[.:])+\s*|\s{2,}|\t|\s+(?=\d))"
_CELL: Final = re.compile(r"\s{2,}|\t|\s*\|\s*")  # what is between the cells of a row
_NUMBER: Final = re.compile(r"-?\d+(?:,\d{3})*(?:\.\d+)?")

type Found = str | float


def find_labelled(lines: list[TextLine], schema: Schema) -> list[Finding]:
    """Return what was found."""
    return [found for field in schema.fields if _is_looked_for(field) for found in _find(lines, field)]


def not_looked_for(schema: Schema) -> list[str]:
    """Return the fields that nothing here can find, whatever the document says."""
    return [field.name for field in schema.fields if not _is_looked_for(field)]


def _is_looked_for(field: Field) -> bool:
    """Whether it has labels, and what stands behind one is all of a value: figures have names of their own."""
    return bool(field.labels) and not field.columns and field.kind is not Kind.FIGURES


def _find(lines: list[TextLine], field: Field) -> list[Finding]:
    labels = "|".join(re.escape(label) for label in sorted(field.labels, key=len, reverse=True))
    pattern = re.compile(rf"(?:^|\s)(?:{labels})(?!\w){_AFTER}(?P<rest>.*)$", re.IGNORECASE)
    found: dict[Found, TextLine] = {}
    for line in lines:
        if (value := _value_behind(pattern, line, field)) is not None:
            found.setdefault(value, line)
    if field.many:
        numbered = enumerate(found.items(), start=1)
        return [line.finding(f"{field.name}.{number}", value) for number, (value, line) in numbered]
    return [line.finding(field.name, value) for value, line in found.items()] if len(found) == 1 else []


def _value_behind(pattern: re.Pattern[str], line: TextLine, field: Field) -> Found | None:
    match = pattern.search(line.text)
    rest = match["rest"].strip() if match else ""
    return _read(_CELL.split(rest)[0], rest, field) if rest else None


def _read(cell: str, rest: str, field: Field) -> Found | None:
    """Return the value as its kind has it, or nothing if it cannot be one."""
    if field.kind is Kind.DATE:
        day = find_date(rest)
        return day.isoformat() if day else None
    if field.kind is Kind.CURRENCY:
        return next(iter(find_currencies(rest)), None)
    if field.kind is Kind.CHOICE:
        return next((choice for choice in field.choices if choice.casefold() == cell.casefold()), None)
    if field.kind is Kind.NUMBER:
        return _number(rest)
    return cell


def _number(rest: str) -> float | None:
    if sums := find_money(rest):
        return float(sums[0].amount)
    plain = _NUMBER.match(rest)
    return float(plain[0].replace(",", "")) if plain else None
