"""Parses cron expressions as the real server does, in UTC: 5 fields, 6 with seconds, 7 with years.

Unlike crontab: days of the week are 1 (Sunday) to 7, and day of month AND day of week must match.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

MONTH_NAMES = "JANUARY FEBRUARY MARCH APRIL MAY JUNE JULY AUGUST SEPTEMBER OCTOBER NOVEMBER DECEMBER"
DAY_NAMES = "SUNDAY MONDAY TUESDAY WEDNESDAY THURSDAY FRIDAY SATURDAY"
MONTHS = {name: n for n, full in enumerate(MONTH_NAMES.split(), 1) for name in (full, full[:3])}
DAYS = {name: n for n, full in enumerate(DAY_NAMES.split(), 1) for name in (full, full[:3])} | {"TUES": 3, "THURS": 5}
SHORTHANDS = {
    "@yearly": "0 0 0 1 1 * *",
    "@monthly": "0 0 0 1 * * *",
    "@weekly": "0 0 0 * * 1 *",
    "@daily": "0 0 0 * * * *",
    "@hourly": "0 0 * * * * *",
}
LAST_YEAR = 2100  # the server's calendar ends there
MAX_NUMBER = 2**32 - 1
# The characters that the server strips from the ends; inside, only those of BLANK separate.
BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
BLANK = re.compile(r"[ \t\r\n]+")


@dataclass(frozen=True, slots=True)
class _Field:
    low: int
    high: int
    names: dict[str, int]
    takes_question_mark: bool = False


FIELDS = (
    _Field(0, 59, {}),
    _Field(0, 59, {}),
    _Field(0, 23, {}),
    _Field(1, 31, {}, takes_question_mark=True),
    _Field(1, 12, MONTHS),
    _Field(1, 7, DAYS, takes_question_mark=True),
    _Field(1970, LAST_YEAR, {}),
)


@dataclass(frozen=True, slots=True)
class Cron:
    """The numbers that each field allows."""

    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    years: frozenset[int]


def parse(text: str) -> Cron | None:
    """Parse an expression; None if the real server would refuse it."""
    return _parse_cached(text) if len(text) <= 256 else _parse(text)  # noqa: PLR2004 - garbage must not fill the cache


def _parse(text: str) -> Cron | None:
    stripped = text.strip(BLANKS)
    words = BLANK.split(SHORTHANDS.get(stripped, stripped))
    if len(words) == 5:  # noqa: PLR2004 - minute to weekday
        words = ["0", *words]
    if len(words) == 6:  # noqa: PLR2004 - with seconds
        words = [*words, "*"]
    if len(words) != len(FIELDS):
        return None
    try:
        return Cron(*(_parse_field(word, field) for word, field in zip(words, FIELDS, strict=True)))
    except ValueError:
        return None


_parse_cached = lru_cache(1024)(_parse)


def _parse_field(word: str, field: _Field) -> frozenset[int]:
    return frozenset(n for part in word.split(",") for n in _parse_range(part, field))


def _parse_range(part: str, field: _Field) -> range:
    span, slash, step = part.partition("/")
    low, dash, high = span.partition("-")
    if span == "*" or (span == "?" and field.takes_question_mark):
        first, last = field.low, field.high
    elif dash:
        first, last = _parse_value(low, field), _parse_value(high, field)
    else:
        first = _parse_number(span, field.low, field.high) if slash else _parse_value(span, field)
        last = field.high if slash else first
    if first > last:
        raise ValueError(part)
    return range(first, last + 1, _parse_number(step, 1, MAX_NUMBER) if slash else 1)


def _parse_value(word: str, field: _Field) -> int:
    named = field.names.get(word.upper()) if word.isascii() else None
    return named or _parse_number(word, field.low, field.high)


def _parse_number(word: str, low: int, high: int) -> int:
    """Parse ASCII digits; any number of leading zeros is allowed."""
    digits = word.lstrip("0") or word[-1:]
    if not (word.isascii() and word.isdigit()) or len(digits) > len(str(high)) or not low <= int(digits) <= high:
        raise ValueError(word)
    return int(digits)
