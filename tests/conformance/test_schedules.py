"""Schedules: a cron rule that creates a promise at each firing. What a rule means is in `test_crons`."""

import pytest

from durable.wire.records import Schedule, Value

from .protocol_client import Client
from .requests import (
    Call,
    delete_schedule,
    get_schedule,
    schedule,
)
from .target import START

MINUTE = 60_000
FIRST_RUN = 1_020_000  # the first full minute after START
LIVES = 500_000  # ms until a promise of the scripts' schedules is due
ID = f"s.{FIRST_RUN}"


def test_a_schedule_knows_when_it_fires_first(ask: Client) -> None:
    """The record has the rule, and no last run."""
    made = ask.schedule(schedule("s", promiseParam={"headers": {"h": "1"}, "data": "cA=="}, promiseTags={"k": "v"}))
    assert made == Schedule(
        id="s",
        cron="* * * * *",
        promise_id="{{.id}}.{{.timestamp}}",
        promise_timeout=LIVES,
        promise_param=Value(headers={"h": "1"}, data="cA=="),
        promise_tags={"k": "v"},
        created_at=START,
        next_run_at=FIRST_RUN,
    )
    assert ask.schedule(get_schedule("s")) == made


def test_a_schedule_that_has_not_fired_names_no_last_run(ask: Client) -> None:
    """What is absent is left out of the record: it is not null."""
    data = ask.data(schedule("s"))
    assert isinstance(data, dict)
    assert isinstance(data["schedule"], dict)
    assert set(data["schedule"]) == {
        "id", "cron", "promiseId", "promiseTimeout", "promiseParam", "promiseTags", "createdAt", "nextRunAt",
    }  # fmt: skip


def test_the_first_schedule_with_an_id_stays(ask: Client) -> None:
    """A second create is answered with it, whatever it says."""
    first = ask.schedule(schedule("s"))
    assert ask.schedule(schedule("s", "0 0 1 1 *", promise="other"), now=START + MINUTE) == first


def test_a_schedule_never_fires_in_the_instant_of_its_creation(ask: Client) -> None:
    """The first run is later, even if the schedule is created on the full minute."""
    assert ask.schedule(schedule("s"), now=FIRST_RUN).next_run_at == FIRST_RUN + MINUTE


@pytest.mark.parametrize("call", [get_schedule("s"), delete_schedule("s")])
def test_a_missing_schedule_is_not_found(ask: Client, call: Call) -> None:
    """Neither to read nor to delete."""
    assert ask.status(call) == 404


def test_a_deleted_schedule_is_gone_and_fires_no_more(ask: Client) -> None:
    """What it created stays."""
    ask.send_all(schedule("s"))
    ask.tick(FIRST_RUN)
    assert ask.data(delete_schedule("s")) == {}
    assert ask.status(get_schedule("s")) == 404
    ask.tick(FIRST_RUN + MINUTE)
    assert [promise.id for promise in ask.state().promises] == [ID]
