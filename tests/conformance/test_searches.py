"""Searches: pages of promises, tasks and schedules in the order of their ids."""

import pytest

from .protocol_client import Client
from .requests import DUE, WORKERS, Call, acquire, create, get_task, halt, schedule, search, settle, suspend, take
from .target import Json

LAST_ID = "\N{GRINNING FACE}"
# In the order of their bytes in UTF-8: capitals before small letters, accents after both, and astral characters last.
NAMES = ["A", "B", "Z", "a", "a.1", "a1", "aa", "b", "é", "\N{FULLWIDTH LATIN SMALL LETTER Z}", LAST_ID]
KINDS = pytest.mark.parametrize("what", ["promise", "task", "schedule"])


def fill(ask: Client, what: str, names: list[str]) -> None:
    """Have one of each name."""
    for name in reversed(names):
        ask.send_all(schedule(name) if what == "schedule" else create(name, target=WORKERS if what == "task" else None))


@KINDS
def test_a_search_finds_everything_in_the_order_of_bytes(ask: Client, what: str) -> None:
    """Neither characters nor the creation time decide the order."""
    fill(ask, what, NAMES)
    assert ask.search_ids(search(what, limit=1000)) == NAMES


@KINDS
def test_a_search_that_finds_nothing_succeeds(ask: Client, what: str) -> None:
    """The page is empty and there is no cursor."""
    assert ask.data(search(what)) == {f"{what}s": []}


@KINDS
def test_pages_follow_each_other_without_gaps(ask: Client, what: str) -> None:
    """A cursor is the last id of the page before, and there only while more follow."""
    fill(ask, what, NAMES[:6])
    assert (ask.search_ids(search(what, limit=4)), ask.cursor(search(what, limit=4))) == (NAMES[:4], NAMES[3])
    rest = search(what, limit=2, cursor=NAMES[3])
    assert (ask.search_ids(rest), ask.cursor(rest)) == (NAMES[4:6], None)


@KINDS
@pytest.mark.parametrize(("cursor", "found"), [("", ["a", "b"]), ("Z", ["a", "b"]), ("aa", ["b"]), (LAST_ID, [])])
def test_a_cursor_need_not_name_anything(ask: Client, what: str, cursor: str, found: list[str]) -> None:
    """The page begins after it, wherever that is."""
    fill(ask, what, ["a", "b"])
    assert ask.search_ids(search(what, cursor=cursor)) == found


@pytest.mark.parametrize(("what", "page"), [("promise", 100), ("task", 100), ("schedule", 10)])
def test_a_page_has_a_default_length(ask: Client, what: str, page: int) -> None:
    """Schedules come in smaller pages."""
    names = [f"{number:03}" for number in range(page + 1)]
    fill(ask, what, names)
    assert (ask.search_ids(search(what)), ask.cursor(search(what))) == (names[:page], names[page - 1])


@KINDS
@pytest.mark.parametrize(("limit", "status"), [(0, 400), (-1, 400), (1, 200), (1000, 200), (1001, 400)])
def test_a_page_holds_1_to_1000(ask: Client, what: str, limit: int, status: int) -> None:
    """Anything else is refused."""
    assert ask.status(search(what, limit=limit)) == status


@KINDS
def test_null_is_the_same_as_a_missing_field(ask: Client, what: str) -> None:
    """For every optional field."""
    fill(ask, what, ["a"])
    assert ask.search_ids(search(what, limit=None, cursor=None, tags=None, state=None)) == ["a"]


@pytest.mark.parametrize("state", ["pending", "resolved", "rejected", "rejected_canceled", "rejected_timedout"])
def test_promises_are_found_by_their_state(ask: Client, state: str) -> None:
    """There are five states."""
    ask.send_all(create("pending"), create("rejected_timedout", due=0))
    for settled in ("resolved", "rejected", "rejected_canceled"):
        ask.send_all(create(settled), settle(settled, settled))
    assert ask.search_ids(search("promise", state=state)) == [state]


def test_a_search_shows_what_is_due_as_pending(ask: Client) -> None:
    """A search processes no timeouts, also when it searches by state."""
    ask.send_all(create("late"))
    assert ask.search_ids(search("promise", state="pending"), now=DUE + 9) == ["late"]
    assert ask.search_ids(search("promise", state="rejected_timedout"), now=DUE + 9) == []


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ({}, ["both", "first", "none", "other"]),
        ({"resonate:a": "1"}, ["both", "first"]),
        ({"resonate:a": "1", "resonate:b": "é\"'"}, ["both"]),
        ({"resonate:a": "2"}, ["other"]),
        ({"resonate:a": ""}, []),
        ({"a": "1"}, []),
    ],
)
def test_promises_are_found_by_all_of_their_tags(ask: Client, tags: Json, found: list[str]) -> None:
    """Each tag that is asked for must be there with this value; further tags do not matter."""
    ask.send_all(create("none"), create("first", a="1"), create("both", a="1", b="é\"'"), create("other", a="2"))
    assert ask.search_ids(search("promise", tags=tags)) == found


def test_state_tags_and_pages_go_together(ask: Client) -> None:
    """A page is filled with what matches."""
    for number in range(9):
        ask.send_all(create(f"{number}", a=f"{number % 2}"))
    ask.send_all(settle("1"), settle("2"))
    by: dict[str, Json] = {"state": "pending", "tags": {"resonate:a": "1"}, "limit": 2}
    assert (ask.search_ids(search("promise", **by)), ask.cursor(search("promise", **by))) == (["3", "5"], "5")
    assert ask.search_ids(search("promise", **by, cursor="5")) == ["7"]


@pytest.mark.parametrize("state", ["pending", "acquired", "suspended", "halted", "fulfilled"])
def test_tasks_are_found_by_their_state(ask: Client, state: str) -> None:
    """There are five states."""
    ask.send_all(*(create(name, target=WORKERS) for name in ("pending", "fulfilled", "halted")), create("p"))
    ask.send_all(*(take(create(name, target=WORKERS)) for name in ("acquired", "suspended")))
    ask.send_all(settle("fulfilled"), halt("halted"), suspend("suspended", 1, "p"))
    assert ask.search_ids(search("task", state=state)) == [state]


@pytest.mark.parametrize("held", [True, False])
def test_a_search_shows_a_task_as_a_get_does(ask: Client, held: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """The record has its resumes, holder and lease."""
    ask.send_all(create("t", target=WORKERS), create("p"), *[acquire("t")][: int(held)])
    ask.send_all(Call("promise.register_callback", {"awaiter": "t", "awaited": "p"}), settle("p"))
    shown = ask.data(get_task("t"))
    assert isinstance(shown, dict)
    assert ask.data(search("task")) == {"tasks": [shown["task"]]}
    assert ask.task(get_task("t")).resumes == 1


def test_schedules_are_found_by_their_promises_tags(ask: Client) -> None:
    """All of them."""
    ask.send_all(schedule("a", promiseTags={"k": "1", "l": "2"}), schedule("b", promiseTags={"k": "1"}), schedule("c"))
    assert ask.search_ids(search("schedule", tags={"k": "1"})) == ["a", "b"]
    assert ask.search_ids(search("schedule", tags={"k": "1", "l": "2"})) == ["a"]


@pytest.mark.parametrize(
    ("what", "by"),
    [
        ("promise", {"state": "acquired"}),
        ("promise", {"state": ""}),
        ("task", {"state": "resolved"}),
        ("promise", {"tags": {"a": 1}}),
        ("promise", {"tags": []}),
        ("schedule", {"tags": {"a": None}}),
        ("task", {"cursor": 5}),
    ],
)
def test_an_invalid_search_is_refused(ask: Client, what: str, by: dict[str, Json]) -> None:
    """An unknown state, a tag that is not text, an invalid cursor."""
    assert ask.status(search(what, **by)) == 400
