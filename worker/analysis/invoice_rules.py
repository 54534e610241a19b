"""Rules for invoices: vendor, number, dates, amounts and currency."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from contract.analysis import Finding

from .dates import days_come_first
from .invoice_labels import Fact, find_values
from .invoice_terms import DAY_FIRST, NET, TAX, TOTALS
from .lines import TextLine
from .money import Money, find_currencies, find_money
from .vendor_rules import find_vendor

_FACTS_OF_FIELD: Final = {"number": (Fact.NUMBER,), "date": (Fact.ISSUED, Fact.SOME_DATE), "due": (Fact.DUE,)}

type Sum = tuple[TextLine, Money]


def find_invoice(lines: list[TextLine]) -> list[Finding]:
    """Return the fields found."""
    net, taxes = _find_sum(lines, [NET]), _find_taxes(lines)
    total = _find_total(lines, net, taxes)
    findings = [find_vendor(lines), *_find_facts(lines), total and _to_finding("amount", total)]
    findings += [_find_currency(lines, total), net and _to_finding("net", net), _add_taxes(taxes, net, total)]
    return [one for one in findings if one]


def _to_finding(field: str, total: Sum) -> Finding:
    line, money = total
    return line.finding(field, float(money.amount))


def _find_facts(lines: list[TextLine]) -> Iterator[Finding]:
    """Yield the number, the date and the due date. A label with two values is left for a person to decide."""
    first = days_come_first(line.text for line in lines)
    if first is None and any(DAY_FIRST.search(line.text) for line in lines):
        first = True
    values = find_values(lines, day_first=first)
    for field, facts in _FACTS_OF_FIELD.items():
        called = [some for fact in facts if (some := [value for value in values if value.fact is fact])]
        if called and len({value.value for value in called[0]}) == 1:
            value = called[0][0]
            yield value.line.finding(field, value.value.isoformat() if isinstance(value.value, date) else value.value)


def _find_sum(lines: Sequence[TextLine], patterns: Iterable[re.Pattern[str]]) -> Sum | None:
    """Return the sum, unless several sums have the same label: only a person can decide then."""
    for pattern in patterns:
        sums = _find_sums(lines, pattern)
        if len({money.amount for _, money in sums}) == 1:
            return sums[-1]
        if sums:
            return None
    return None


def _find_sums(lines: Iterable[TextLine], pattern: re.Pattern[str]) -> list[Sum]:
    return [(line, money) for line in lines if (money := _find_money_after(pattern, line))]


def _find_money_after(pattern: re.Pattern[str], line: TextLine) -> Money | None:
    label = pattern.search(line.text)
    sums = find_money(line.text[label.start() :]) if label else []
    return sums[-1] if sums else None


def _find_total(lines: Sequence[TextLine], net: Sum | None, taxes: Sequence[Sum]) -> Sum | None:
    """Return the sum with the clearest label; of several totals the one that equals net plus taxes."""
    total = _find_sum(lines, TOTALS)
    if total or not net:
        return total
    expected = net[1].amount + _add_up(taxes)
    return next((one for pattern in TOTALS for one in _find_sums(lines, pattern) if one[1].amount == expected), None)


def _find_taxes(lines: Iterable[TextLine]) -> list[Sum]:
    """Return the taxes, one for each rate."""
    others = (NET, *TOTALS)
    sums = _find_sums([line for line in lines if not any(other.search(line.text) for other in others)], TAX)
    return list({line.text: (line, money) for line, money in sums}.values())


def _add_up(sums: Iterable[Sum]) -> Decimal:
    return sum((money.amount for _, money in sums), Decimal(0))


def _add_taxes(taxes: Sequence[Sum], net: Sum | None, total: Sum | None) -> Finding | None:
    """Return the tax; of several their sum, if it fits net and total."""
    if not taxes:
        return None
    tax = _add_up(taxes)
    fits = bool(net and total and net[1].amount + tax == total[1].amount)
    return taxes[0][0].finding("tax", float(tax)) if fits or len(taxes) == 1 else None


def _find_currency(lines: Iterable[TextLine], total: Sum | None) -> Finding | None:
    """Return the currency beside the total, or the only one that the invoice names."""
    if total and total[1].currency:
        return total[0].finding("currency", total[1].currency)
    named = [(line, currency) for line in lines for currency in find_currencies(line.text)]
    if len({currency for _, currency in named}) != 1:
        return None
    line, currency = named[0]
    return line.finding("currency", currency)
