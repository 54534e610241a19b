"""Computes when a cron rule fires next, for any 64-bit time, as the real server does.

Its cron covers the years 1970 to 2100. For earlier times it searches from 1970 on. For later times the server searches
from a similar day before 2100 and shifts the result, ignoring leap years.
"""

from datetime import UTC, datetime, timedelta

from .cron import LAST_YEAR, Cron

# The server's answer if it finds no time: a minute later.
FALLBACK_MS = 60_000
# The seconds that its calendar covers; for any other it starts from 1970.
CALENDAR = range(-8_334_601_228_800, 8_210_266_876_800)
YEAR_1 = -62_135_596_800  # before it, cron finds no time
YEAR_2000 = 946_684_800
CYCLE = 146_097 * 86_400  # seconds of 400 years, after which weekdays repeat


def find_next_run(cron: Cron, after: int) -> int:
    """Return the first time after `after`, both in milliseconds since 1970."""
    seconds = after // 1000 if after >= 0 else -(-after // 1000)
    if seconds not in CALENDAR:
        seconds = 0
    if seconds < YEAR_1:
        return after + FALLBACK_MS
    start, shift = _map_into_calendar(seconds)
    moment = _move_to_allowed_year(cron, start + timedelta(seconds=1))
    while moment is not None and moment.year <= LAST_YEAR:
        later = _find_candidate(cron, moment)
        if later == moment:
            return (int(moment.timestamp()) + shift) * 1000
        moment = later
    return after + FALLBACK_MS


def _find_candidate(cron: Cron, moment: datetime) -> datetime:
    """Return the moment if it matches, else the start of the next day, hour, minute or second."""
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


def _map_into_calendar(seconds: int) -> tuple[datetime, int]:
    """Return a moment that the server's cron covers, and its distance in seconds to the given one."""
    cycles = max(0, (seconds - YEAR_2000) // CYCLE)
    moment = datetime.fromtimestamp(seconds - cycles * CYCLE, UTC)
    if cycles == 0 and moment.year < LAST_YEAR:
        return moment, 0
    for year in range(LAST_YEAR - 1, 1969, -1):
        like = _replace_year(moment, year)
        if like and like.weekday() == moment.weekday():
            return like, seconds - int(like.timestamp())
    raise AssertionError  # within 28 years every date falls on every weekday


def _move_to_allowed_year(cron: Cron, moment: datetime) -> datetime | None:
    """Move to the first allowed year; as in the server, month, day and time stay the same."""
    if moment.year in cron.years:
        return moment
    year = min((year for year in cron.years if year > moment.year), default=None)
    return _replace_year(moment, year) if year else None


def _replace_year(moment: datetime, year: int) -> datetime | None:
    try:
        return moment.replace(year=year)
    except ValueError:  # 29 February
        return None
