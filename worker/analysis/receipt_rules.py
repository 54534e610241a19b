"""Rules for receipts: merchant, date, time, total, tax, currency, and how it was paid."""

import re
from collections.abc import Sequence
from typing import Final

from contract.analysis import Finding

from .confidence import Basis
from .document_facts import DocumentFacts, find_facts
from .invoice_labels import Fact, find_values
from .invoice_rules import find_amounts, find_currency, find_only_date, to_finding
from .letterhead import find_letterhead
from .lines import RuleFindings, TextLine
from .sums import PAYMENT_METHODS
from .vocabulary import phrases_of

_TIME: Final = re.compile(
    r"(?<![\d:.])(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?::[0-5]\d)?\s?(?P<half>[ap]\.?m\b)?(?![\d:])",
    re.IGNORECASE,
)


def find_receipt(lines: list[TextLine]) -> RuleFindings:
    """Return the fields found."""
    if not lines:
        return RuleFindings()
    facts, amounts = find_facts(lines), find_amounts(lines)
    day = _find_date(lines, facts)
    found = [
        find_letterhead(lines, field="merchant"),
        day,
        _find_time(lines, day),
        amounts.total and to_finding("total", amounts.total),
    ]
    found += [find_currency(lines, facts, amounts.total), amounts.tax and to_finding("tax", amounts.tax)]
    return RuleFindings(tuple(one for one in [*found, _find_payment(lines)] if one), amounts.warnings)


def _find_date(lines: Sequence[TextLine], facts: DocumentFacts) -> Finding | None:
    values = find_values(lines, day_first=facts.day_first)
    called = [value for value in values if value.fact in (Fact.ISSUED, Fact.DATE)]
    if called and len({value.value for value in called}) == 1:
        return called[0].line.finding("date", str(called[0].value))
    return None if called else find_only_date(lines, facts, values)


def _find_time(lines: Sequence[TextLine], day: Finding | None) -> Finding | None:
    """Return the time beside the date, or the only one."""
    times = {line: match for line in lines if (match := _TIME.search(line.text))}
    beside = {
        line: match
        for line, match in times.items()
        if day and line.text[: len(day.evidence.quote)] == day.evidence.quote
    }
    chosen = beside or times
    if len({_clock(match) for match in chosen.values()}) != 1:
        return None
    line, match = next(iter(chosen.items()))
    return line.finding("time", _clock(match), basis=Basis.PLACE)


def _clock(match: re.Match[str]) -> str:
    hour, half = int(match["hour"]), (match["half"] or "").lower()[:1]
    if half and hour <= 12:  # noqa: PLR2004 hours of half a day
        hour = hour % 12 + (12 if half == "p" else 0)
    return f"{hour:02}:{match['minute']}"


def _find_payment(lines: Sequence[TextLine]) -> Finding | None:
    """Return how it was paid if one kind of payment stands beside sums."""
    found = {
        match.kind: line
        for line in reversed(lines)
        if line.money
        for match in phrases_of("sums").find(line.folded)
        if match.kind in PAYMENT_METHODS
    }
    return next(line.finding("payment", method) for method, line in found.items()) if len(found) == 1 else None
