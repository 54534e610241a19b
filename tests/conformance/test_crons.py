"""What a cron rule means: which rules are accepted, when they fire next, and which are refused.

Times are UTC. Five fields have no seconds; six begin with seconds; a seventh is the year.
"""

from datetime import UTC, datetime

import pytest

from .protocol_client import Client
from .requests import get_schedule, schedule

NOW = datetime(2023, 11, 14, 22, 15, 23, 456_000, tzinfo=UTC)  # a Tuesday
# What never fires is looked at again in a minute, for ever.
NEVER_RULE = "2023-11-14T22:16:23.456"

FIRES_NEXT = {
    # every so many
    "* * * * *": "2023-11-14T22:16:00",
    "*/1 * * * *": "2023-11-14T22:16:00",
    "*/5 * * * *": "2023-11-14T22:20:00",
    "*/100 * * * *": "2023-11-14T23:00:00",
    "*/4294967295 * * * *": "2023-11-14T23:00:00",
    "5/10 * * * *": "2023-11-14T22:25:00",
    "1-5/2 * * * *": "2023-11-14T23:01:00",
    "1-1/1 * * * *": "2023-11-14T23:01:00",
    "* * 1/31 * *": "2023-12-01T00:00:00",
    "0 0 1-31/10 * *": "2023-11-21T00:00:00",
    "0 0 * JAN-MAR/2 *": "2024-01-01T00:00:00",
    # lists and ranges
    "0-59 * * * *": "2023-11-14T22:16:00",
    "0-0 * * * *": "2023-11-14T23:00:00",
    "*,5 * * * *": "2023-11-14T22:16:00",
    "1,1,1 * * * *": "2023-11-14T23:01:00",
    "1,2-3,*/30 * * * *": "2023-11-14T22:30:00",
    "01 * * * *": "2023-11-14T23:01:00",
    "0" * 5_000 + "1 * * * *": "2023-11-14T23:01:00",
    # days of the week: Sunday is 1, and the day of the month must match too
    "0 0 * * 1": "2023-11-19T00:00:00",
    "0 0 * * 7": "2023-11-18T00:00:00",
    "0 0 * * SUN": "2023-11-19T00:00:00",
    "0 0 * * MON": "2023-11-20T00:00:00",
    "0 0 * * TUES": "2023-11-21T00:00:00",
    "0 0 * * Thurs": "2023-11-16T00:00:00",
    "0 0 * * Thursday": "2023-11-16T00:00:00",
    "0 0 * * mon-fri": "2023-11-15T00:00:00",
    "0 0 * * SUN,WED": "2023-11-15T00:00:00",
    "0 0 13 * 6": "2024-09-13T00:00:00",
    "0 0 29 2 2": "2044-02-29T00:00:00",
    # months
    "0 0 1 JAN *": "2024-01-01T00:00:00",
    "0 0 1 january *": "2024-01-01T00:00:00",
    "0 0 1 SEP *": "2024-09-01T00:00:00",
    "0 0 29 2 *": "2024-02-29T00:00:00",
    "59 23 31 12 *": "2023-12-31T23:59:00",
    # any day
    "0 0 ? * ?": "2023-11-15T00:00:00",
    "0 0 ?,5 * *": "2023-11-15T00:00:00",
    "0 0 ?/5 * *": "2023-11-16T00:00:00",
    # seconds
    "* * * * * *": "2023-11-14T22:15:24",
    "*/7 * * * * *": "2023-11-14T22:15:28",
    "0 0 0 1 1 ?": "2024-01-01T00:00:00",
    # years: in the first one that matches, only what lies after today's month, day and time is looked at
    "0 0 0 1 1 ? *": "2024-01-01T00:00:00",
    "0 0 0 15 11 * 2023": "2023-11-15T00:00:00",
    "0 0 0 1 1 * 2030": NEVER_RULE,
    "0 0 0 1 1 * 2031-2033": "2032-01-01T00:00:00",
    "0 0 0 31 12 * 2100": "2100-12-31T00:00:00",
    "0 0 0 1 1 * */10": "2040-01-01T00:00:00",
    "0 0 0 1 1 * 1970/10": "2040-01-01T00:00:00",
    "0 0 1 * * 1-2,3 2025": "2025-11-16T01:00:00",
    "0 0 0 1 1 * 2023": NEVER_RULE,
    "0 0 0 1 1 * 2100": NEVER_RULE,
    "0 0 0 1 1 * 1970": NEVER_RULE,
    # days that no month has
    "0 0 31 2 *": NEVER_RULE,
    "0 0 30 2 *": NEVER_RULE,
    "0 0 31 4,6,9,11 *": NEVER_RULE,
    # names of rules
    "@hourly": "2023-11-14T23:00:00",
    "@daily": "2023-11-15T00:00:00",
    "@weekly": "2023-11-19T00:00:00",
    "@monthly": "2023-12-01T00:00:00",
    "@yearly": "2024-01-01T00:00:00",
    # blanks
    " @daily": "2023-11-15T00:00:00",
    "@daily ": "2023-11-15T00:00:00",
    " 0  0 * * * ": "2023-11-15T00:00:00",
    "*\t*\t*\t*\t*": "2023-11-14T22:16:00",
    "*\n*\n*\n*\n*": "2023-11-14T22:16:00",
    "* * * * *\n": "2023-11-14T22:16:00",
    "* * * * *\N{NO-BREAK SPACE}": "2023-11-14T22:16:00",
}  # fmt: skip
INVALID_RULES = [
    *("", " ", "x", "*", "* * * *", "* * * * * * * *", "(* * * * *)", "* * * * *;"),  # not five to seven fields
    *("60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 0 *", "* * * 13 *", "0 0 1 1-13 *"),  # out of range
    *("0 0 * * 0", "0 0 * * 8", "0 0 0 * *", "4294967295 * * * *", "99999999999 * * * *", "60 * * * * *"),
    *("0 0 0 1 1 * 1960", "0 0 0 1 1 * 1969", "0 0 0 1 1 * 2101"),  # years before 1970 or after 2100
    *("-1 * * * *", "+1 * * * *", "1e1 * * * *", "0x5 * * * *", "1.5 * * * *", "\N{ARABIC-INDIC DIGIT FIVE} * * * *"),
    *("*/0 * * * *", "5/0 * * * *", "1-5/0 * * * *", "*/ * * * *", "/5 * * * *", "*/5/5 * * * *", "*/-1 * * * *"),
    *("*/4294967296 * * * *", "5-1 * * * *", "1-* * * * *", "*-5 * * * *", "1-5-9 * * * *", "1- * * * *"),
    *("1,2,, * * * *", "1, 2 * * * *", "* * * * *,", ",* * * * *"),  # lists
    *("0 0 * * TH", "0 0 1 sept *", "0 0 * * fri-mon", "* * * * é"),  # names
    *("0 0 * * TUE/2", "0 0 * jun/3 *", "0 0 * * \N{LATIN SMALL LETTER LONG S}UN"),
    *("0 0 L * *", "0 0 15W * *", "0 0 * * 1#2", "* * * * MON#1", "* * * * 5L"),  # what other crons know
    *("? ? ? ? ?", "?,5 * * * *", "0 0 0 1 ? *"),  # any, where only days may be
    *("@annually", "@Daily", "@reboot", "@every 5m", "@daily x"),
    *("*\N{NO-BREAK SPACE}* * * *", "*\N{NO-BREAK SPACE}* * * * *", "* *\0* * *"),  # blanks that are none
    *("*\v* * * *", "*\f* * * *", "*\x1c* * * *", "*\x85* * * *", "* * * * *\x1c"),
    *("9" * 5_000 + " * * * *", "*/" + "9" * 5_000 + " * * * *"),
]


def ms(moment: datetime) -> int:
    """Count the milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


@pytest.mark.parametrize(("rule", "fires"), FIRES_NEXT.items(), ids=lambda value: repr(value)[:30])
def test_a_rule_fires_next(ask: Client, rule: str, fires: str) -> None:
    """At the first time after now that matches all of its fields; the schedule shows its rule as it was written."""
    made = ask.schedule(schedule("s", rule), now=ms(NOW))
    assert datetime.fromtimestamp(made.next_run_at / 1000, UTC) == datetime.fromisoformat(fires).replace(tzinfo=UTC)
    assert made.cron == rule


@pytest.mark.parametrize("rule", INVALID_RULES, ids=lambda rule: repr(rule)[:30])
def test_an_invalid_rule_is_refused(ask: Client, rule: str) -> None:
    """No schedule is created."""
    assert ask.status(schedule("s", rule), now=ms(NOW)) == 400
    assert ask.status(get_schedule("s")) == 404


@pytest.mark.parametrize(
    ("now", "rule", "fires"),
    [
        ("1970-01-01T00:00:00", "* * * * *", "1970-01-01T00:01:00"),
        ("1970-01-01T00:00:00", "30 4 29 2 *", "1972-02-29T04:30:00"),
        ("2023-11-14T22:15:59.999", "* * * * *", "2023-11-14T22:16:00"),
        ("2023-11-14T22:16:00", "* * * * *", "2023-11-14T22:17:00"),
        ("2023-12-31T23:59:59.999", "0 0 0 1 1 *", "2024-01-01T00:00:00"),
        ("2099-12-31T23:59:59", "* * * * *", "2100-01-01T00:00:00"),
        # After 2099 a like year before it is asked: with the same day of the week, but not always a leap year.
        ("2100-01-01T00:00:00", "* * * * *", "2100-01-01T00:01:00"),
        ("2100-01-01T00:00:00", "30 4 29 2 *", "2102-03-01T04:30:00"),
        ("2128-02-29T12:00:00", "0 0 * * 1", "2128-03-07T00:00:00"),
    ],
)
def test_a_rule_fires_in_other_centuries(ask: Client, now: str, rule: str, fires: str) -> None:
    """Schedules outlive the calendar of the real server, which ends in 2100."""
    made = ask.schedule(schedule("s", rule), now=ms(datetime.fromisoformat(now).replace(tzinfo=UTC)))
    assert made.next_run_at == ms(datetime.fromisoformat(fires).replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("now", "fires"),
    [
        (-(10**15), -999_999_999_940_000),  # 31,000 years before 1970
        (253_402_300_799_000, 253_402_300_800_000),  # the last second of the year 9999
        (10**15, 1_000_000_000_020_000),  # the year 33658
        (8_210_266_876_799_000, 8_210_266_876_800_000),  # the last second that the real server's calendar knows
        (8_210_266_876_800_000, 60_000),  # beyond it, time begins again in 1970
        (-(10**16), 60_000),
        (2**63 - 1, 60_000),
        (-(2**63), 60_000),
    ],
)
def test_a_rule_fires_at_the_ends_of_time(ask: Client, now: int, fires: int) -> None:
    """No real clock shows these times, but the server handles them."""
    assert ask.schedule(schedule("s"), now=now).next_run_at == fires


def test_a_rule_without_a_next_time_fires_every_minute(ask: Client) -> None:
    """It is checked again a minute after the last time, and that counts as a firing."""
    last = ms(datetime(2023, 11, 15, tzinfo=UTC))
    ask.send_all(schedule("s", "0 0 0 15 11 * 2023"), now=ms(NOW))
    for minute in range(3):
        ask.tick(last + minute * 60_000)
        assert ask.schedule(get_schedule("s")).last_run_at == last + minute * 60_000
    assert len(ask.state().promises) == 3


def test_the_next_firing_is_counted_from_the_last(ask: Client) -> None:
    """The tick may be late."""
    ask.send_all(schedule("s", "0 */6 * * *"), now=ms(NOW))
    for day, hour in [(15, 0), (15, 6), (15, 12)]:
        assert ask.schedule(get_schedule("s")).next_run_at == ms(datetime(2023, 11, day, hour, tzinfo=UTC))
        ask.tick(ms(datetime(2024, 1, 1, tzinfo=UTC)))
