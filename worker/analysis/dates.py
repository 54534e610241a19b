"""Find dates, written in several languages. A date with two readings is read only if the order is known."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

from .phrases import fold_letters
from .vocabulary import month_pattern, months

_LAST_MONTH: Final = 12
_CENTURY: Final = 100
_PIVOT: Final = 70  # 70 to 99 are years of the last century
_YEARS: Final = range(1900, 2101)


@dataclass(frozen=True)
class WrittenDate:
    """A date as it is written: one reading, or two that exchange day and month, or none if it is impossible."""

    start: int
    end: int
    readings: tuple[date, ...]  # the day first, if there are two
    order: bool | None = None  # whether the day comes first, if one of two numbers cannot be a month

    def read(self, *, day_first: bool | None) -> date | None:
        """Return the date, or None if it has two readings and the order is not known."""
        if len(self.readings) == 1:
            return self.readings[0]
        return None if day_first is None or not self.readings else self.readings[0 if day_first else 1]


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    """Return the patterns of dates in folded text. OCR sometimes joins words, so a space may be missing."""
    name = rf"(?P<name>{month_pattern()})"
    year, years = r"(?P<year>\d{4})(?!\d)", r"(?P<year>\d{4}|\d{2})(?!\d)"
    return tuple(
        re.compile(pattern)
        for pattern in (
            r"(?<![\d./-])(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})(?![\d./-]\d|\d)",
            (
                rf"(?<![\d.])(?P<day>\d{{1,2}})(?:st|nd|rd|th|er)?\.?\s?(?:(?:de|(?:day )?of)\s)?"
                rf"{name}\.?,?\s?(?:del?\s)?{year}"
            ),
            rf"(?<![\d.])(?P<day>\d{{1,2}})(?P<mark>[-/ ]){name}\.?,?(?P=mark){years}",
            rf"(?<![a-z]){name}\.?\s?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s?{year}",
            # Two digits each, if the year has only two: `1.1.23` is a section.
            rf"(?<![\d./-])(?P<day>\d{{1,2}})\.\s?(?P<month>\d{{1,2}})\.\s?{year}",
            r"(?<![\d./-])(?P<day>\d{2})\.(?P<month>\d{2})\.(?P<year>\d{2})(?![\d.])",
            rf"(?<![\d./-])(?P<either>\d{{1,2}})(?P<mark>[/-])(?P<other>\d{{1,2}})(?P=mark){years}(?![/-]\d)",
        )
    )


def find_written_dates(text: str) -> list[WrittenDate]:
    """Return every date in a text in order."""
    folded = fold_letters(text)
    found: list[WrittenDate] = []
    for pattern in _patterns():
        # Matches of one pattern never overlap.
        found += [
            _to_date(match)
            for match in pattern.finditer(folded)
            if all(match.end() <= one.start or one.end <= match.start() for one in found)
        ]
    return sorted(found, key=lambda one: one.start)


def _to_date(match: re.Match[str]) -> WrittenDate:
    parts = match.groupdict()
    return WrittenDate(match.start(), match.end(), _readings_of(parts), _order_of(parts))


def find_date(text: str, *, day_first: bool | None = None) -> date | None:
    """Return the first date in a text. `01/02/2026` is read only if `day_first` is known."""
    return next(iter(find_dates(text, day_first=day_first)), None)


def find_dates(text: str, *, day_first: bool | None = None) -> list[date | None]:
    """Return every date in a text in order, with None for an ambiguous or impossible one."""
    return [one.read(day_first=day_first) for one in find_written_dates(text)]


def days_come_first(dates: Iterable[WrittenDate]) -> bool | None:
    """Return the order that a document's dates share, or None.

    One date with a 14 in it decides for all, and so does a date that is written a second time with its month's name.
    """
    written = list(dates)
    orders = {one.order for one in written if one.order is not None}
    if not orders:
        sure = {one.readings[0] for one in written if len(one.readings) == 1}
        orders = {
            place == 0
            for one in written
            if len(one.readings) > 1
            for place, day in enumerate(one.readings)
            if day in sure
        }
    return orders.pop() if len(orders) == 1 else None


def _order_of(parts: dict[str, str | None]) -> bool | None:
    first, second = (int(parts[name] or 0) > _LAST_MONTH if name in parts else False for name in ("either", "other"))
    return None if first == second else first


def _readings_of(parts: dict[str, str | None]) -> tuple[date, ...]:
    year = int(parts["year"] or "")
    if year < _CENTURY:
        year += 1900 if year >= _PIVOT else 2000
    if "either" not in parts:
        month = months()[parts["name"] or ""] if "name" in parts else int(parts["month"] or "")
        return _valid(year, month, int(parts["day"] or ""))
    one, other = int(parts["either"] or ""), int(parts["other"] or "")
    return tuple(dict.fromkeys((*_valid(year, other, one), *_valid(year, one, other))))


def _valid(year: int, month: int, day: int) -> tuple[date, ...]:
    try:
        return (date(year, month, day),) if year in _YEARS else ()
    except ValueError:
        return ()
