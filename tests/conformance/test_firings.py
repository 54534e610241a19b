"""What a schedule does when it fires: one promise for each time that its rule names."""

import pytest

from durable.wire.answers import PromiseTimeout, TaskTimeout
from durable.wire.records import Value

from .protocol_client import Client, execute
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
FIRST_RUN = 1_020_000  # the first full minute after START
LIVES = 500_000  # ms until a promise of the scripts' schedules is due
ID = f"s.{FIRST_RUN}"


def test_a_schedule_does_not_fire_early(ask: Client) -> None:
    """One millisecond earlier, nothing happens."""
    ask.send_all(schedule("s"))
    ask.tick(FIRST_RUN - 1)
    assert ask.state().promises == []


@pytest.mark.parametrize("late", [0, 59_999])
def test_a_firing_creates_a_promise_as_of_its_time(ask: Client, late: int) -> None:
    """Its id, creation and timeout follow from the scheduled time, however late the tick is."""
    ask.send_all(schedule("s", promiseParam={"data": "cA=="}))
    ask.tick(FIRST_RUN + late)
    born = ask.state().promises[0]
    assert (born.id, born.state, born.param) == (ID, "pending", Value(data="cA=="))
    assert (born.created_at, born.timeout_at, born.settled_at) == (FIRST_RUN, FIRST_RUN + LIVES, None)
    assert ask.state().promise_timeouts == [PromiseTimeout(id=ID, timeout=FIRST_RUN + LIVES)]
    made = ask.schedule(get_schedule("s"))
    assert (made.last_run_at, made.next_run_at) == (FIRST_RUN, FIRST_RUN + MINUTE)


def test_a_tick_fires_a_schedule_once(ask: Client) -> None:
    """The next ticks make up for missed firings, one each, and skip none."""
    ask.send_all(schedule("s"))
    late = FIRST_RUN + 5 * MINUTE
    for times in range(1, 4):
        ask.tick(late)
        assert len(ask.state().promises) == times
        assert ask.schedule(get_schedule("s")).next_run_at == FIRST_RUN + times * MINUTE


def test_a_tick_fires_every_schedule_that_is_due(ask: Client) -> None:
    """The promise has no other names."""
    ask.send_all(schedule("a"), schedule("b"), schedule("later", "0 0 1 1 *"))
    ask.tick(FIRST_RUN)
    assert [promise.id for promise in ask.state().promises] == [f"a.{FIRST_RUN}", f"b.{FIRST_RUN}"]


def test_a_firing_makes_its_promise_the_root_of_a_tree(ask: Client) -> None:
    """Whatever the schedule's own tags say about that; its other tags are kept."""
    mine: dict[str, Json] = {
        f"resonate:{tag}": "mine" for tag in ("origin", "branch", "parent", "prefix", "schedule", "other")
    }
    ask.send_all(schedule("s", promiseTags=mine | {"k": "v"}))
    ask.tick(FIRST_RUN)
    assert ask.state().promises[0].tags == {
        "resonate:origin": ID,
        "resonate:branch": ID,
        "resonate:parent": ID,
        "resonate:prefix": ID,
        "resonate:schedule": "s",
        "resonate:other": "mine",
        "k": "v",
    }


def test_a_target_gives_what_fires_a_task(ask: Client) -> None:
    """Its message is sent; the next one is due a retry timeout after the firing, not after the tick."""
    ask.send_all(schedule("s", promiseTags={"resonate:target": WORKERS}))
    ask.tick(FIRST_RUN + 5)
    assert (ask.task(get_task(ID)).state, ask.task(get_task(ID)).version) == ("pending", 0)
    assert ask.state().task_timeouts == [TaskTimeout(id=ID, kind=0, timeout=FIRST_RUN + RETRY)]
    assert ask.outbox() == [(WORKERS, execute(ID, 0))]


@pytest.mark.parametrize(("timer", "state"), [("true", "resolved"), ("false", "rejected_timedout")])
def test_a_firing_that_is_late_by_the_lifetime_is_settled(ask: Client, timer: str, state: str) -> None:
    """It is created at the scheduled time and settled at its deadline; its task is fulfilled."""
    tags: Json = {"resonate:timer": timer, "resonate:target": WORKERS}
    ask.send_all(schedule("s", promiseTags=tags))
    ask.tick(FIRST_RUN + LIVES)
    born = ask.state().promises[0]
    assert (born.state, born.created_at, born.settled_at) == (state, FIRST_RUN, FIRST_RUN + LIVES)
    assert (ask.state().tasks[0].state, ask.state().tasks[0].version) == ("fulfilled", 0)
    assert (ask.state().task_timeouts, ask.outbox()) == ([], [])


def test_a_promise_that_lives_for_no_time_is_settled_as_it_fires(ask: Client) -> None:
    """Even by a tick on time."""
    ask.send_all(schedule("s", promiseTimeout=0))
    ask.tick(FIRST_RUN)
    assert ask.state().promises[0].state == "rejected_timedout"


def test_a_firing_whose_promise_is_there_already_changes_only_the_schedule(ask: Client) -> None:
    """The first record with an id stays."""
    ask.send_all(
        schedule("s", promise="same", promiseTags={"resonate:target": WORKERS}), create("same", due=FIRST_RUN * 2)
    )
    before = ask.state()
    ask.tick(FIRST_RUN)
    assert ask.state() == before
    assert ask.schedule(get_schedule("s")).last_run_at == FIRST_RUN


@pytest.mark.parametrize(
    ("template", "promise"),
    [
        ("{{.id}}-{{.id}}-{{.timestamp}}", f"s-s-{FIRST_RUN}"),
        ("{{.other}}{{ .id }}{{id}}", "{{.other}}{{ .id }}{{id}}"),
        ("x", "x"),
        ("\0{{.id}}\0", "\0s\0"),  # no promise could be created by this id
    ],
)
def test_the_id_of_what_fires_is_filled_in(ask: Client, template: str, promise: str) -> None:
    """The schedule's id and the time, wherever they stand; nothing else is known."""
    ask.send_all(schedule("s", promise=template))
    ask.tick(FIRST_RUN)
    assert [born.id for born in ask.state().promises] == [promise]


def test_the_target_of_a_schedule_is_not_looked_at(ask: Client) -> None:
    """Its tasks wait until a worker acquires them by name."""
    ask.send_all(schedule("s", promiseTags={"resonate:target": "nowhere"}))
    ask.tick(FIRST_RUN)
    assert ask.outbox() == [("nowhere", execute(ID, 0))]


def test_what_fires_is_a_promise_like_any_other(ask: Client) -> None:
    """A search by schedule finds it, and it can be settled and timed out."""
    ask.send_all(schedule("s"))
    ask.tick(FIRST_RUN)
    ask.send_all(create("other"))
    assert ask.search_ids(search("promise", tags={"resonate:schedule": "s"})) == [ID]
    assert ask.promise(settle(ID)).state == "resolved"
    ask.tick(FIRST_RUN + MINUTE)
    assert ask.promise(get(f"s.{FIRST_RUN + MINUTE}"), now=FIRST_RUN + MINUTE + LIVES).state == "rejected_timedout"
