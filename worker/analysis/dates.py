"""Find dates, written in several languages. An ambiguous date is not read."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar janvier enero gennaio januari jänner",
            "february feb februar février fevrier febrero febbraio februari",
            "march mar märz maerz mars marzo maart",
            "april apr avril abril aprile",
            "may mai mayo maggio mei",
            "june jun juni juin junio giugno",
            "july jul juli juillet julio luglio",
            "august aug août aout agosto augustus",
            "september sep sept septembre septiembre settembre",
            "october oct oktober okt octobre octubre ottobre",
            "november nov novembre noviembre",
            "december dec dezember dez décembre decembre diciembre dicembre",
        ),
        start=1,
    )
    for name in names.split()
}
MONTH: Final = "|".join(sorted(_MONTHS, key=len, reverse=True))
# OCR sometimes joins words, so a space may be missing.
_PATTERNS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})\b",
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th|er)?\.?\s?(?:de\s|of\s)?(?P<name>{MONTH})\.?,?\s?(?:de(?:l)?\s)?(?P<year>\d{{4}})\b",
        rf"\b(?P<name>{MONTH})\.?\s?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s?(?P<year>\d{{4}})\b",
        r"(?<![\d.])(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4}|\d{2}(?![\d.]))(?!\d)",
        r"(?<![\d/])(?P<either>\d{1,2})/(?P<other>\d{1,2})/(?P<year>\d{4})\b",
    )
)
_LAST_MONTH: Final = 12
_CENTURY: Final = 2_000  # of a year with two digits: invoices are not older


def find_date(text: str, *, day_first: bool | None = None) -> date | None:
    """Return the first date in a text. `01/02/2026` is read only if `day_first` is known."""
    return next(iter(find_dates(text, day_first=day_first)), None)


def find_dates(text: str, *, day_first: bool | None = None) -> list[date | None]:
    """Return every date in a text in order, with None for an ambiguous or impossible one."""
    matches = sorted(
        (match for pattern in _PATTERNS for match in pattern.finditer(text)), key=lambda match: match.start()
    )
    return [_to_date(match.groupdict(), day_first) for match in matches]


def days_come_first(texts: Iterable[str]) -> bool | None:
    """Return the order that a document's dates share, or None: one date with a 14 in it decides for all."""
    orders = set()
    for text in texts:
        for match in _PATTERNS[-1].finditer(text):
            first, second = int(match["either"]) > _LAST_MONTH, int(match["other"]) > _LAST_MONTH
            if first != second:
                orders.add(first)
    return orders.pop() if len(orders) == 1 else None


def _to_date(parts: dict[str, str], day_first: bool | None) -> date | None:  # noqa: FBT001 three answers
    if "either" in parts:
        one, other = int(parts["either"]), int(parts["other"])
        if one <= _LAST_MONTH and other <= _LAST_MONTH and one != other:
            if day_first is None:
                return None  # ambiguous
            day, month = (one, other) if day_first else (other, one)
        else:
            day, month = max(one, other), min(one, other)
    else:
        day = int(parts["day"])
        month = _MONTHS[parts["name"].lower()] if "name" in parts else int(parts["month"])
    year = int(parts["year"])
    try:
        return date(year if year >= 100 else _CENTURY + year, month, day)  # noqa: PLR2004 a century
    except ValueError:
        return None
