"""What a schedule does when it fires: one promise for each time that its rule names."""

import pytest

from wire.answers import PromiseTimeout, TaskTimeout
from wire.records import Value

from .ask import Ask, execute
from .requests import (
    RETRY,
    WORKERS,
    create,
    get,
    get_schedule,
    get_task,
    schedule,
    search,
    settle,
)
from .target import Json

MINUTE = 60_000
FIRST = 1_020_000  # the first full minute after START
LIVES = 500_000  # ms until a promise of the scripts' schedules is due
ID = f"s.{FIRST}"


def test_a_schedule_does_not_fire_early(ask: Ask) -> None:
    """Not by a millisecond."""
    ask.done(schedule("s"))
    ask.tick(FIRST - 1)
    assert ask.state().promises == []


@pytest.mark.parametrize("late", [0, 59_999])
def test_a_firing_creates_a_promise_as_of_its_time(ask: Ask, late: int) -> None:
    """Its id, its creation and its timeout come from when it was to fire, however late the tick is."""
    ask.done(schedule("s", promiseParam={"data": "cA=="}))
    ask.tick(FIRST + late)
    born = ask.state().promises[0]
    assert (born.id, born.state, born.param) == (ID, "pending", Value(data="cA=="))
    assert (born.created_at, born.timeout_at, born.settled_at) == (FIRST, FIRST + LIVES, None)
    assert ask.state().promise_timeouts == [PromiseTimeout(id=ID, timeout=FIRST + LIVES)]
    made = ask.schedule(get_schedule("s"))
    assert (made.last_run_at, made.next_run_at) == (FIRST, FIRST + MINUTE)


def test_a_tick_fires_a_schedule_once(ask: Ask) -> None:
    """What was missed is made up by the ticks that follow, one firing each, and none is skipped."""
    ask.done(schedule("s"))
    late = FIRST + 5 * MINUTE
    for times in range(1, 4):
        ask.tick(late)
        assert len(ask.state().promises) == times
        assert ask.schedule(get_schedule("s")).next_run_at == FIRST + times * MINUTE


def test_a_tick_fires_every_schedule_that_is_due(ask: Ask) -> None:
    """And no other."""
    ask.done(schedule("a"), schedule("b"), schedule("later", "0 0 1 1 *"))
    ask.tick(FIRST)
    assert [promise.id for promise in ask.state().promises] == [f"a.{FIRST}", f"b.{FIRST}"]


def test_a_firing_makes_its_promise_the_root_of_a_tree(ask: Ask) -> None:
    """Whatever the schedule's own tags say about that; its other tags are kept."""
    mine: dict[str, Json] = {
        f"resonate:{tag}": "mine" for tag in ("origin", "branch", "parent", "prefix", "schedule", "other")
    }
    ask.done(schedule("s", promiseTags=mine | {"k": "v"}))
    ask.tick(FIRST)
    assert ask.state().promises[0].tags == {
        "resonate:origin": ID,
        "resonate:branch": ID,
        "resonate:parent": ID,
        "resonate:prefix": ID,
        "resonate:schedule": "s",
        "resonate:other": "mine",
        "k": "v",
    }


def test_a_target_gives_what_fires_a_task(ask: Ask) -> None:
    """A worker is sent for; the next message is due a retry timeout after the firing, not after the tick."""
    ask.done(schedule("s", promiseTags={"resonate:target": WORKERS}))
    ask.tick(FIRST + 5)
    assert (ask.task(get_task(ID)).state, ask.task(get_task(ID)).version) == ("pending", 0)
    assert ask.state().task_timeouts == [TaskTimeout(id=ID, kind=0, timeout=FIRST + RETRY)]
    assert ask.sent() == [(WORKERS, execute(ID, 0))]


@pytest.mark.parametrize(("timer", "state"), [("true", "resolved"), ("false", "rejected_timedout")])
def test_a_firing_that_is_late_by_the_lifetime_is_settled(ask: Ask, timer: str, state: str) -> None:
    """It was created when it was to fire and settled when it was due; a task of it is fulfilled."""
    tags: Json = {"resonate:timer": timer, "resonate:target": WORKERS}
    ask.done(schedule("s", promiseTags=tags))
    ask.tick(FIRST + LIVES)
    born = ask.state().promises[0]
    assert (born.state, born.created_at, born.settled_at) == (state, FIRST, FIRST + LIVES)
    assert (ask.state().tasks[0].state, ask.state().tasks[0].version) == ("fulfilled", 0)
    assert (ask.state().task_timeouts, ask.sent()) == ([], [])


def test_a_promise_that_lives_for_no_time_is_settled_as_it_fires(ask: Ask) -> None:
    """Even by a tick on time."""
    ask.done(schedule("s", promiseTimeout=0))
    ask.tick(FIRST)
    assert ask.state().promises[0].state == "rejected_timedout"


def test_a_firing_whose_promise_is_there_already_changes_only_the_schedule(ask: Ask) -> None:
    """The first record with an id stays."""
    ask.done(schedule("s", promise="same", promiseTags={"resonate:target": WORKERS}), create("same", due=FIRST * 2))
    before = ask.state()
    ask.tick(FIRST)
    assert ask.state() == before
    assert ask.schedule(get_schedule("s")).last_run_at == FIRST


@pytest.mark.parametrize(
    ("template", "promise"),
    [
        ("{{.id}}-{{.id}}-{{.timestamp}}", f"s-s-{FIRST}"),
        ("{{.other}}{{ .id }}{{id}}", "{{.other}}{{ .id }}{{id}}"),
        ("x", "x"),
        ("\0{{.id}}\0", "\0s\0"),  # no promise could be created by this id
    ],
)
def test_the_id_of_what_fires_is_filled_in(ask: Ask, template: str, promise: str) -> None:
    """The schedule's id and the time, wherever they stand; nothing else is known."""
    ask.done(schedule("s", promise=template))
    ask.tick(FIRST)
    assert [born.id for born in ask.state().promises] == [promise]


def test_the_target_of_a_schedule_is_not_looked_at(ask: Ask) -> None:
    """Its tasks wait for somebody to acquire them by name."""
    ask.done(schedule("s", promiseTags={"resonate:target": "nowhere"}))
    ask.tick(FIRST)
    assert ask.sent() == [("nowhere", execute(ID, 0))]


def test_what_fires_is_a_promise_like_any_other(ask: Ask) -> None:
    """It is found by its schedule, settled, and timed out."""
    ask.done(schedule("s"))
    ask.tick(FIRST)
    ask.done(create("other"))
    assert ask.found(search("promise", tags={"resonate:schedule": "s"})) == [ID]
    assert ask.promise(settle(ID)).state == "resolved"
    ask.tick(FIRST + MINUTE)
    assert ask.promise(get(f"s.{FIRST + MINUTE}"), now=FIRST + MINUTE + LIVES).state == "rejected_timedout"
