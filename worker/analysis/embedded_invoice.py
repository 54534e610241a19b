"""Take the fields of an invoice from the data that the document embeds, and say where the text differs."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from contract.analysis import Finding

from .confidence import Basis
from .lines import RuleFindings, TextLine
from .phrases import fold_letters

_SUMS: Final = ("net", "tax", "amount")
_DATES: Final = ("date", "due")


def with_embedded(ruled: RuleFindings, invoice: Mapping[str, str], lines: Sequence[TextLine]) -> RuleFindings:
    """Return the findings of the embedded data, and those of rules for fields that it lacks."""
    read = {one.field: one for one in ruled.findings}
    found = [_to_finding(field, text, read.get(field), lines) for field, text in invoice.items()]
    rest = [one for one in ruled.findings if one.field not in invoice]
    differing = [
        one.field for one in found if one.field in read and not _agree(one.field, one.value, read[one.field].value)
    ]
    warnings = [
        f"the text says {field} {read[field].value}, and the embedded invoice {invoice[field]}: the latter was taken"
        for field in differing
    ]
    return RuleFindings((*found, *rest), (*_check_sums(invoice), *warnings))


def _to_finding(field: str, text: str, read: Finding | None, lines: Sequence[TextLine]) -> Finding:
    """Return the value with the line of the text that says it, or else as it is in the embedded data."""
    value: str | float = float(text) if field in _SUMS else text
    line = next(_lines_with(field, text, lines), None)
    if read and _agree(field, value, read.value):
        line = TextLine(read.evidence.page, read.evidence.quote)
    return (line or TextLine(1, f"embedded invoice: {field} {text}")).finding(field, value, basis=Basis.DATA)


def _lines_with(field: str, text: str, lines: Sequence[TextLine]) -> Iterator[TextLine]:
    if field in _SUMS:
        return (line for line in lines if any(money.amount == Decimal(text) for money in line.money))
    if field in _DATES:
        return (line for line in lines if any(date.fromisoformat(text) in one.readings for one in line.dates))
    wanted = re.compile(rf"(?<!\w){re.escape(fold_letters(text))}(?!\w)")  # `eur` is no part of another word
    return (line for line in lines if wanted.search(line.folded))


def _agree(field: str, one: object, other: object) -> bool:
    if field == "vendor":
        short, long = sorted((fold_letters(str(name)).strip(" .") for name in (one, other)), key=len)
        return short in long  # a name without its legal form is the same name
    return one == other


def _check_sums(invoice: Mapping[str, str]) -> list[str]:
    """Return a warning if the sums of the embedded data do not add up."""
    if not all(field in invoice for field in _SUMS):
        return []
    net, tax, total = (Decimal(invoice[field]) for field in _SUMS)
    if net + tax == total:
        return []
    return [f"net {net} and tax {tax} of the embedded invoice do not add up to its total of {total}"]
