"""Schedules: a cron rule that creates a promise at each firing. What a rule means is in `test_crons`."""

import pytest

from wire.records import Schedule, Value

from .ask import Ask
from .requests import (
    Call,
    delete_schedule,
    get_schedule,
    schedule,
)
from .target import START

MINUTE = 60_000
FIRST = 1_020_000  # the first full minute after START
LIVES = 500_000  # ms until a promise of the scripts' schedules is due
ID = f"s.{FIRST}"


def test_a_schedule_knows_when_it_fires_first(ask: Ask) -> None:
    """It shows its rule, and that it has not fired."""
    made = ask.schedule(schedule("s", promiseParam={"headers": {"h": "1"}, "data": "cA=="}, promiseTags={"k": "v"}))
    assert made == Schedule(
        id="s",
        cron="* * * * *",
        promise_id="{{.id}}.{{.timestamp}}",
        promise_timeout=LIVES,
        promise_param=Value(headers={"h": "1"}, data="cA=="),
        promise_tags={"k": "v"},
        created_at=START,
        next_run_at=FIRST,
    )
    assert ask.schedule(get_schedule("s")) == made


def test_a_schedule_that_has_not_fired_names_no_last_run(ask: Ask) -> None:
    """What is absent is left out of the record: it is not null."""
    data = ask.data(schedule("s"))
    assert isinstance(data, dict)
    assert isinstance(data["schedule"], dict)
    assert set(data["schedule"]) == {
        "id", "cron", "promiseId", "promiseTimeout", "promiseParam", "promiseTags", "createdAt", "nextRunAt",
    }  # fmt: skip


def test_the_first_schedule_with_an_id_stays(ask: Ask) -> None:
    """A second create is answered with it, whatever it says."""
    first = ask.schedule(schedule("s"))
    assert ask.schedule(schedule("s", "0 0 1 1 *", promise="other"), now=START + MINUTE) == first


def test_a_schedule_never_fires_in_the_instant_of_its_creation(ask: Ask) -> None:
    """Its first time is after that, even on the full minute."""
    assert ask.schedule(schedule("s"), now=FIRST).next_run_at == FIRST + MINUTE


@pytest.mark.parametrize("call", [get_schedule("s"), delete_schedule("s")])
def test_a_schedule_that_nobody_created_is_not_found(ask: Ask, call: Call) -> None:
    """Neither to read nor to delete."""
    assert ask.status(call) == 404


def test_a_deleted_schedule_is_gone_and_fires_no_more(ask: Ask) -> None:
    """What it created stays."""
    ask.done(schedule("s"))
    ask.tick(FIRST)
    assert ask.data(delete_schedule("s")) == {}
    assert ask.status(get_schedule("s")) == 404
    ask.tick(FIRST + MINUTE)
    assert [promise.id for promise in ask.state().promises] == [ID]
