"""Cron expressions as the real server reads them, in UTC: 5 fields (at second 0), 6 with seconds, 7 with years.

Not as crontab does: days of the week are 1 (Sunday) to 7, and day of month AND day of week must match.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
# What it answers when it finds no time: try again in a minute.
NO_TIME = 60_000


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


@lru_cache(1024)
def parse(text: str) -> Cron | None:
    """Read an expression; None when the server would refuse it."""
    words = SHORTHANDS.get(text.strip(), text).split()
    if len(words) == 5:  # noqa: PLR2004 - minute to weekday
        words = ["0", *words]
    if len(words) == 6:  # noqa: PLR2004 - with seconds
        words = [*words, "*"]
    if len(words) != len(FIELDS):
        return None
    try:
        return Cron(*(_numbers(word, field) for word, field in zip(words, FIELDS, strict=True)))
    except ValueError:
        return None


def _numbers(word: str, field: _Field) -> frozenset[int]:
    return frozenset(n for part in word.split(",") for n in _range(part, field))


def _range(part: str, field: _Field) -> range:
    span, slash, step = part.partition("/")
    low, dash, high = span.partition("-")
    if span == "*" or (span == "?" and field.takes_question_mark):
        first, last = field.low, field.high
    elif dash:
        first, last = _number(low, field), _number(high, field)
    else:
        first = _number(span, field)
        last = field.high if slash else first
    every = int(step) if slash else 1
    if every < 1 or first > last:
        raise ValueError(part)
    return range(first, last + 1, every)


def _number(word: str, field: _Field) -> int:
    named = field.names.get(word.upper())
    if named is not None:
        return named
    if not word.isdigit() or not field.low <= int(word) <= field.high:
        raise ValueError(word)
    return int(word)


def following(cron: Cron, after: int) -> int:
    """The first time after `after`, both in milliseconds since 1970."""
    now = datetime.fromtimestamp(after // 1000, UTC)
    start, shift = _within_calendar(now)
    moment = _into_years(cron, start + timedelta(seconds=1))
    while moment is not None and moment.year <= LAST_YEAR:
        later = _not_before(cron, moment)
        if later == moment:
            return (int(moment.timestamp()) + shift) * 1000
        moment = later
    return after + NO_TIME


def _not_before(cron: Cron, moment: datetime) -> datetime:
    """The moment itself when it matches, else the start of the next day, hour, minute or second."""
    is_day = (
        moment.year in cron.years
        and moment.month in cron.months
        and moment.day in cron.days
        and moment.isoweekday() % 7 + 1 in cron.weekdays
    )
    if not is_day:
        return (moment + timedelta(days=1)).replace(hour=0, minute=0, second=0)
    if moment.hour not in cron.hours:
        return (moment + timedelta(hours=1)).replace(minute=0, second=0)
    if moment.minute not in cron.minutes:
        return (moment + timedelta(minutes=1)).replace(second=0)
    return moment if moment.second in cron.seconds else moment + timedelta(seconds=1)


def _within_calendar(now: datetime) -> tuple[datetime, int]:
    """A moment in the server's calendar, and the seconds from it to the one asked about.

    Past its end the server asks about the last day before it with the same month, day and weekday instead.
    """
    if now.year < LAST_YEAR:
        return now, 0
    for year in range(LAST_YEAR - 1, 1969, -1):
        like = _in_year(now, year)
        if like and like.weekday() == now.weekday():
            return like, int(now.timestamp()) - int(like.timestamp())
    return now, 0


def _into_years(cron: Cron, moment: datetime) -> datetime | None:
    """Go to the first allowed year, where the server's quirk is to look only after today's month, day and time."""
    if moment.year in cron.years:
        return moment
    year = min((year for year in cron.years if year > moment.year), default=None)
    return _in_year(moment, year) if year else None


def _in_year(moment: datetime, year: int) -> datetime | None:
    try:
        return moment.replace(year=year)
    except ValueError:  # 29 February
        return None
