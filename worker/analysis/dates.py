"""Dates as people write them. One that can be read in two ways is not read at all."""

import re
from datetime import date
from typing import Final

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        ("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
         "september sep sept", "october oct", "november nov", "december dec"),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
MONTH: Final = "|".join(sorted(_MONTHS, key=len, reverse=True))
# Recognition joins words now and then, so a space may be missing.
_PATTERNS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})\b",
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\.?\s?(?P<name>{MONTH})\.?,?\s?(?P<year>\d{{4}})\b",
        rf"\b(?P<name>{MONTH})\.?\s?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s?(?P<year>\d{{4}})\b",
        r"\b(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4})\b",
        r"\b(?P<either>\d{1,2})/(?P<other>\d{1,2})/(?P<year>\d{4})\b",
    )
)
_LAST_MONTH: Final = 12


def date_in(text: str) -> date | None:
    """Return the first date in a text."""
    found = [match for pattern in _PATTERNS if (match := pattern.search(text))]
    return _date(min(found, key=lambda match: match.start()).groupdict()) if found else None


def _date(parts: dict[str, str]) -> date | None:
    if "either" in parts:
        one, other = int(parts["either"]), int(parts["other"])
        if one <= _LAST_MONTH and other <= _LAST_MONTH and one != other:
            return None  # its writer knows whether the month or the day comes first
        day, month = max(one, other), min(one, other)
    else:
        day = int(parts["day"])
        month = _MONTHS[parts["name"].lower()] if "name" in parts else int(parts["month"])
    try:
        return date(int(parts["year"]), month, day)
    except ValueError:
        return None
