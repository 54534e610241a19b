"""Rules for invoices: vendor, number, dates, amounts and currency."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from contract.analysis import Finding

from .chosen_sums import Amounts, Chosen, choose_sums
from .confidence import Basis
from .document_facts import DocumentFacts, find_facts, resolve_sign
from .invoice_labels import Fact, LabelledValue, find_labels, find_values
from .lines import RuleFindings, TextLine
from .money import codes_of
from .sums import find_sums
from .vendor_rules import find_vendor

_FACTS_OF_FIELD: Final = {"number": (Fact.TITLED, Fact.NUMBER), "date": (Fact.ISSUED, Fact.DATE), "due": (Fact.DUE,)}
_FACTS_OF_OTHERS: Final = (Fact.OTHER, Fact.REFERENCE)


def find_invoice(lines: list[TextLine]) -> RuleFindings:
    """Return the fields found."""
    facts, amounts = find_facts(lines), find_amounts(lines)
    found = [find_vendor(lines), *_find_labelled(lines, facts), amounts.total and to_finding("amount", amounts.total)]
    found += [find_currency(lines, facts, amounts.total)]
    found += [amounts.net and to_finding("net", amounts.net), amounts.tax and to_finding("tax", amounts.tax)]
    return RuleFindings(tuple(one for one in found if one), amounts.warnings)


def find_amounts(lines: Sequence[TextLine]) -> Amounts:
    """Return net, tax and total."""
    return choose_sums(find_sums(lines))


def to_finding(field: str, chosen: Chosen) -> Finding:
    """Return the sum as a finding."""
    return chosen.line.finding(field, float(chosen.amount), basis=chosen.basis)


def _find_labelled(lines: Sequence[TextLine], facts: DocumentFacts) -> Iterator[Finding]:
    """Yield the number, the date and the due date. A label with two values is left for a person to decide."""
    values = find_values(lines, day_first=facts.day_first)
    for field, labels in _FACTS_OF_FIELD.items():
        called = [found for fact in labels if (found := [value for value in values if value.fact is fact])]
        if called and len({value.value for value in called[0]}) == 1:
            value = called[0][0]
            yield value.line.finding(field, value.value.isoformat() if isinstance(value.value, date) else value.value)
        elif field == "date" and not called and (only := find_only_date(lines, facts, values)):
            yield only


def find_only_date(
    lines: Sequence[TextLine], facts: DocumentFacts, values: Sequence[LabelledValue] = ()
) -> Finding | None:
    """Return the document's date if only one date has no other known meaning."""
    others = {value.value for value in values if value.fact in (Fact.DUE, *_FACTS_OF_OTHERS)}
    found: dict[date, TextLine] = {}
    for line in lines:
        labels = [label for label in find_labels(line.folded) if label.kind in _FACTS_OF_OTHERS] if line.dates else []
        for one in line.dates:
            if not one.readings:
                continue  # `NO 43-45-47` is no date
            day = one.read(day_first=facts.day_first)
            if day is None:
                return None  # an ambiguous date may be a second one
            if day not in others and not any(label.end <= one.start for label in labels):
                found.setdefault(day, line)
    [*days] = found.items()
    return days[0][1].finding("date", days[0][0].isoformat(), basis=Basis.PLACE) if len(days) == 1 else None


def find_currency(lines: Sequence[TextLine], facts: DocumentFacts, total: Chosen | None) -> Finding | None:
    """Return the currency beside the total, or the only one that the document names."""
    signs = [(line, sign) for line in lines for sign in line.signs]
    named = frozenset(sign for _, sign in signs if codes_of(sign) == (sign,))
    if total and total.code:
        code = resolve_sign(total.code, facts, named)
        return total.line.finding("currency", code) if code else None
    codes = [(line, resolve_sign(sign, facts, named)) for line, sign in signs]
    if len({code for _, code in codes}) != 1 or codes[0][1] is None:
        return None
    return codes[0][0].finding("currency", codes[0][1], basis=Basis.PLACE)
