"""When a cron rule fires next, at any time that a 64 bit clock can show.

The real server's cron knows the years 1970 to 2100. Before them it looks from 1970 on; after them the server asks about
a like day before their end and moves the answer, leap years or not. This does what they do.
"""

from datetime import UTC, datetime, timedelta

from .cron import LAST_YEAR, Cron

# What the server answers when it finds no time: look again in a minute.
NO_TIME = 60_000
# The seconds that its calendar knows; at any other it begins again in 1970.
CALENDAR = range(-8_334_601_228_800, 8_210_266_876_800)
YEAR_1 = -62_135_596_800  # its cron finds nothing before
YEAR_2000 = 946_684_800
CYCLE = 146_097 * 86_400  # after 400 years the calendar repeats itself, to the day of the week


def following(cron: Cron, after: int) -> int:
    """The first time after `after`, both in milliseconds since 1970."""
    seconds = after // 1000 if after >= 0 else -(-after // 1000)
    if seconds not in CALENDAR:
        seconds = 0
    if seconds < YEAR_1:
        return after + NO_TIME
    start, shift = _within_calendar(seconds)
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


def _within_calendar(seconds: int) -> tuple[datetime, int]:
    """A moment that the server's cron knows, and the seconds from it to the one asked about."""
    cycles = max(0, (seconds - YEAR_2000) // CYCLE)
    moment = datetime.fromtimestamp(seconds - cycles * CYCLE, UTC)
    if cycles == 0 and moment.year < LAST_YEAR:
        return moment, 0
    for year in range(LAST_YEAR - 1, 1969, -1):
        like = _in_year(moment, year)
        if like and like.weekday() == moment.weekday():
            return like, seconds - int(like.timestamp())
    raise AssertionError  # within 28 years every date has been every day of the week


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
