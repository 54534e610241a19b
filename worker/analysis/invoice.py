"""An invoice: who wrote it, how much is to be paid, and in which currency."""

import re
from typing import Final

from contract.result import Finding

from .lines import COMPANY, Line
from .money import Money, currencies_in, money_in

_VENDOR: Final = re.compile(
    r"^(?:vendor|seller|supplier|from|issued by)\s*[:.]\s*(?P<name>\S.*?)(?:\s{2,}|$)", re.IGNORECASE
)
_TITLE: Final = re.compile(r"^(?:tax |commercial |proforma )?invoice\b\W*", re.IGNORECASE)  # in front of the letterhead
_BUYER: Final = re.compile(r"\b(?:bill(?:ed)?|ship|sold|invoice)\s*to\b|\b(?:buyer|customer)\b", re.IGNORECASE)
# The clearer words first: what an invoice calls its total may also be that of one of its pages.
_TOTALS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:grand\s*total|total\s*due|amount\s*due|balance\s*due|total\s*payable|amount\s*payable|invoice\s*total)\b",
        r"(?<!sub)(?<!sub[ -])\btotal\b",
    )
)


def find_invoice(lines: list[Line]) -> list[Finding]:
    """Return what was found."""
    total = _total(lines)
    return [found for found in (_vendor(lines), total and total[0], _currency(lines, total)) if found]


def _vendor(lines: list[Line]) -> Finding | None:
    """Return who is named as such, or the company in the letterhead: on the first page, before the buyer."""
    for line in lines:
        if named := _VENDOR.search(line.text):
            return line.finding("vendor", named["name"].strip())
    for line in lines:
        if line.page != lines[0].page or _BUYER.search(line.text):
            return None
        if company := COMPANY.search(line.text):
            return line.finding("vendor", _TITLE.sub("", company[0]))
    return None


def _total(lines: list[Line]) -> tuple[Finding, Money] | None:
    """Return the one total. Where different ones are called by the same word, nobody but a person can tell."""
    for pattern in _TOTALS:
        found = [(line, money) for line in lines if (money := _money_after(pattern, line))]
        if len({money.amount for _, money in found}) == 1:
            line, money = found[-1]
            return line.finding("amount", float(money.amount)), money
        if found:
            return None
    return None


def _money_after(pattern: re.Pattern[str], line: Line) -> Money | None:
    label = pattern.search(line.text)
    sums = money_in(line.text[label.start() :]) if label else []
    return sums[-1] if sums else None


def _currency(lines: list[Line], total: tuple[Finding, Money] | None) -> Finding | None:
    """Return the currency beside the total, or the only one that the invoice names."""
    if total and total[1].currency:
        return Finding(field="currency", value=total[1].currency, evidence=total[0].evidence)
    named = [(line, currency) for line in lines for currency in currencies_in(line.text)]
    if len({currency for _, currency in named}) != 1:
        return None
    line, currency = named[0]
    return line.finding("currency", currency)
