"""How much a server takes: bodies to the byte, long names, many tags, large numbers."""

import pytest

from durable.wire.fields import MAX_I64

from .bodies import GOOD, MAX_BODY, TOO_LARGE_TEXT, swap
from .protocol_client import Client, execute
from .requests import (
    WORKERS,
    Call,
    create,
    get,
    get_schedule,
    get_task,
    heartbeat,
    listen,
    schedule,
    search,
    settle,
    suspend,
    take,
)
from .target import START, Json, Target

LENGTHS = pytest.mark.parametrize("length", [3_000, 100_000])


@pytest.fixture
def target(behind_http: Target) -> Target:
    """What HTTP does with them is a part of the subject."""
    return behind_http


@pytest.mark.parametrize(("length", "status"), [(MAX_BODY, 404), (MAX_BODY + 1, 413), (MAX_BODY + 100_000, 413)])
def test_a_body_has_at_most_2_mib(target: Target, length: int, status: int) -> None:
    """A longer one is refused in plain text, because the server has not read it."""
    answer = target.raw("POST", "/", swap('"a"', f'"{"a" * (length - len(GOOD) + 1)}"'))
    assert answer.status == status
    if status == 413:
        assert (answer.content_type, answer.body) == ("text/plain; charset=utf-8", TOO_LARGE_TEXT)
    target.close()  # the server may have hung up on what it did not read
    assert target.raw("GET", "/ready").status == 200


@LENGTHS
def test_an_id_may_be_long(ask: Client, length: int) -> None:
    """It can be read, awaited, settled and searched for like any other."""
    name = "n" * length
    ask.send_all(create(name, target=WORKERS), take(create("t", target=WORKERS)), suspend("t", 1, name), schedule(name))
    assert ask.promise(settle(name)).id == name
    assert (ask.task(get_task(name)).state, ask.task(get_task("t")).state) == ("fulfilled", "pending")
    assert ask.search_ids(search("promise", cursor="n" * (length - 1))) == [name, "t"]
    assert ask.schedule(get_schedule(name)).id == name


@LENGTHS
def test_a_value_may_be_long(ask: Client, length: int) -> None:
    """A promise carries whole documents if need be."""
    ask.send_all(create("a", data="p" * length), listen("a"))
    assert ask.promise(settle("a", data="v" * length)).value.data == "v" * length
    assert ask.promise(get("a")).param.data == "p" * length


@LENGTHS
def test_a_tag_may_be_long(ask: Client, length: int) -> None:
    """Its name and its value."""
    tags: dict[str, Json] = {"k" * length: "v" * length, "resonate:branch": "b" * length}
    ask.send_all(
        Call("promise.create", {"id": "a", "timeoutAt": START * 2, "tags": tags}), create("b", branch="b" * length)
    )
    assert ask.search_ids(search("promise", tags=tags)) == ["a"]


def test_a_promise_may_have_many_tags(ask: Client) -> None:
    """100 KB of them."""
    tags: dict[str, Json] = {f"tag-{number}": f"{number}" for number in range(5_000)}
    ask.send_all(Call("promise.create", {"id": "a", "timeoutAt": START * 2, "tags": tags}), create("b"))
    assert ask.promise(get("a")).tags == tags
    assert ask.search_ids(search("promise", tags=tags)) == ["a"]


def test_a_task_may_wait_for_many(ask: Client) -> None:
    """Each is one callback, and the first that is settled resumes it."""
    names = [f"{number:04}" for number in range(1_000)]
    ask.send_all(*map(create, names), take(create("t", target=WORKERS)), suspend("t", 1, *names))
    assert [callback.awaited for callback in ask.state().callbacks] == names
    ask.send_all(*map(settle, names[:3]))
    assert (ask.task(get_task("t")).state, ask.task(get_task("t")).resumes) == ("pending", 3)


def test_a_heartbeat_may_name_many_tasks(ask: Client) -> None:
    """Those that are held are among them."""
    ask.send_all(take(create("t", target=WORKERS)))
    ask.send_all(heartbeat(*((f"{number}", 1) for number in range(10_000)), ("t", 1)), now=START + 9)
    assert ask.state().task_timeouts[0].timeout == START + 9 + 5_000


@pytest.mark.parametrize(
    "name", ["a b", "ä", "\N{GRINNING FACE}", "a\nb", "a\tb", "%00", "a/b", "'; --", '"', "\\", "{{.id}}", "."]
)
def test_an_id_may_hold_any_character(ask: Client, name: str) -> None:
    """Only NUL is refused."""
    ask.send_all(create(name, target=WORKERS), create("w"), listen(name), settle(name))
    assert ask.promise(get(name)).id == name
    assert ask.task(get_task(name)).id == name
    assert ask.search_ids(search("promise", state="resolved")) == [name]


@pytest.mark.parametrize("kind", ["promise.create", "task.create", "task.fence"])
def test_no_promise_has_nul_in_its_id(ask: Client, kind: str) -> None:
    """Wherever it is created."""
    new = create("a\0b", target=WORKERS)
    ask.send_all(take(create("t", target=WORKERS)))
    calls = {
        "promise.create": new,
        "task.create": take(new),
        "task.fence": Call("task.fence", {"id": "t", "version": 1, "action": {"kind": new.kind, "data": new.data}}),
    }
    assert ask.status(calls[kind]) == 400
    assert ask.search_ids(search("promise")) == ["t"]


def test_a_promise_may_be_due_at_the_end_of_time(ask: Client) -> None:
    """It stays pending until then."""
    ask.send_all(create("p", due=MAX_I64))
    ask.tick(MAX_I64 - 1)
    assert ask.promise(get("p")).state == "pending"
    ask.tick(MAX_I64)
    assert ask.promise(get("p")).settled_at == MAX_I64


def test_the_largest_lease_ends_at_once(ask: Client) -> None:
    """Its end overflows to a time long ago."""
    ask.send_all(take(create("t", due=MAX_I64, target=WORKERS), ttl=MAX_I64))
    assert ask.task(get_task("t")).ttl == MAX_I64
    ask.tick(START)
    assert (ask.task(get_task("t")).state, ask.outbox()) == ("pending", [(WORKERS, execute("t", 1))])


def test_a_heartbeat_of_the_largest_lease_is_taken(ask: Client) -> None:
    """The real server then holds a time that is no integer any more, and its next snapshot is a 500."""
    ask.send_all(take(create("t", due=MAX_I64, target=WORKERS), ttl=MAX_I64), heartbeat(("t", 1)))
    assert ask.task(get_task("t")).state == "acquired"
    if ask.target.name == "embedded":
        assert ask.status(Call("debug.snap", {})) == 200


def test_a_schedule_whose_promises_live_for_ever_stops_no_clock(ask: Client) -> None:
    """The deadline of its promise overflows to a time long ago."""
    ask.send_all(schedule("s", promise="x", promiseTimeout=MAX_I64), create("p", due=START + 60_000))
    ask.tick(START + 60_000)
    states = {promise.id: promise.state for promise in ask.state().promises}
    assert states == {"p": "rejected_timedout", "x": "rejected_timedout"}
    assert ask.schedule(get_schedule("s")).last_run_at == START + 20_000
