"""An invoice: who wrote it, its number and dates, how much is to be paid, and in which currency."""

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

_FACTS: Final = {"number": (Fact.NUMBER,), "date": (Fact.ISSUED, Fact.SOME_DATE), "due": (Fact.DUE,)}

type Sum = tuple[TextLine, Money]


def find_invoice(lines: list[TextLine]) -> list[Finding]:
    """Return what was found."""
    net, tax = _sum(lines, [NET]), _taxes(lines)
    total = _total(lines, net, tax)
    tax_found = _tax(tax, net, total)
    found = [find_vendor(lines), *_facts(lines), total and _money("amount", total)]
    found += [_currency(lines, total), net and _money("net", net), tax_found]
    return [one for one in found if one]


def _money(field: str, found: Sum) -> Finding:
    return found[0].finding(field, float(found[1].amount))


def _facts(lines: list[TextLine]) -> Iterator[Finding]:
    """Give the number, and when it was issued and is due. Of a label with two values nobody but a person can tell."""
    first = days_come_first(line.text for line in lines)
    if first is None and any(DAY_FIRST.search(line.text) for line in lines):
        first = True
    values = find_values(lines, day_first=first)
    for field, facts in _FACTS.items():
        called = [found for fact in facts if (found := [value for value in values if value.fact is fact])]
        if called and len({value.value for value in called[0]}) == 1:
            value = called[0][0]
            yield value.line.finding(field, value.value.isoformat() if isinstance(value.value, date) else value.value)


def _sum(lines: Sequence[TextLine], patterns: Iterable[re.Pattern[str]]) -> Sum | None:
    """Return the one sum. Where different ones are called by the same word, nobody but a person can tell."""
    for pattern in patterns:
        found = _sums(lines, pattern)
        if len({money.amount for _, money in found}) == 1:
            return found[-1]
        if found:
            return None
    return None


def _sums(lines: Iterable[TextLine], pattern: re.Pattern[str]) -> list[Sum]:
    return [(line, money) for line in lines if (money := _money_after(pattern, line))]


def _money_after(pattern: re.Pattern[str], line: TextLine) -> Money | None:
    label = pattern.search(line.text)
    sums = find_money(line.text[label.start() :]) if label else []
    return sums[-1] if sums else None


def _total(lines: Sequence[TextLine], net: Sum | None, taxes: Sequence[Sum]) -> Sum | None:
    """Return the total that is called so most clearly, or of several the one that net and taxes make."""
    total = _sum(lines, TOTALS)
    if total or not net:
        return total
    wanted = net[1].amount + _added(taxes)
    return next((one for pattern in TOTALS for one in _sums(lines, pattern) if one[1].amount == wanted), None)


def _taxes(lines: Iterable[TextLine]) -> list[Sum]:
    """Return the taxes, each rate once."""
    others = (NET, *TOTALS)
    found = _sums([line for line in lines if not any(other.search(line.text) for other in others)], TAX)
    return list({line.text: (line, money) for line, money in found}.values())


def _added(sums: Iterable[Sum]) -> Decimal:
    return sum((money.amount for _, money in sums), Decimal(0))


def _tax(taxes: Sequence[Sum], net: Sum | None, total: Sum | None) -> Finding | None:
    """Return the tax; of several the sum, if net and total bear it out."""
    if not taxes:
        return None
    whole = _added(taxes)
    fits = bool(net and total and net[1].amount + whole == total[1].amount)
    return taxes[0][0].finding("tax", float(whole)) if fits or len(taxes) == 1 else None


def _currency(lines: Iterable[TextLine], total: Sum | None) -> Finding | None:
    """Return the currency beside the total, or the only one that the invoice names."""
    if total and total[1].currency:
        return total[0].finding("currency", total[1].currency)
    named = [(line, currency) for line in lines for currency in find_currencies(line.text)]
    if len({currency for _, currency in named}) != 1:
        return None
    line, currency = named[0]
    return line.finding("currency", currency)
