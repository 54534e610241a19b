"""Which stream gets a message, on real time: one stream for each message, and none if its member is not connected."""

import json
from functools import partial

import pytest

from .requests import acquire, continue_task, fulfill, get, halt, listen, release, settle, suspend, take
from .stream_reader import StreamReader
from .target import Json
from .world import World

MESSAGE_COUNT = [f"{number}" for number in range(20)]


def test_a_message_to_a_group_goes_to_one_of_its_members(world: World) -> None:
    """To each of them some, none twice, and none to another group."""
    witness = World(world.server, world.ask)
    with world.open_stream("1") as one, world.open_stream("2") as two, witness.open_stream() as other:
        world.send(*MESSAGE_COUNT, to=world.address())
        first, second = world.read_messages(one, "1"), world.read_messages(two, "2")
        assert witness.read_messages(other) == []
    assert first
    assert second
    ordered = partial(json.dumps, sort_keys=True)
    assert sorted(map(ordered, first + second)) == sorted(map(ordered, map(world.execute, MESSAGE_COUNT)))


def test_messages_to_one_member_come_in_their_order(world: World) -> None:
    """Each exactly as it is: a kind, the server that sent it, and the task with its version."""
    with world.open_stream() as stream:
        world.send(*MESSAGE_COUNT, to=world.address())
        assert world.read_messages(stream) == [world.execute(name) for name in MESSAGE_COUNT]


@pytest.mark.parametrize("cast", ["uni", "any"])
def test_a_message_to_a_member_goes_to_that_member(world: World, cast: str) -> None:
    """The member is connected."""
    with world.open_stream("1") as one, world.open_stream("2") as two:
        world.send(*MESSAGE_COUNT, to=world.address(cast, "2"))
        assert world.read_messages(two, "2") == [world.execute(name) for name in MESSAGE_COUNT]
        assert world.read_messages(one, "1") == []


def test_a_message_to_any_member_but_rather_to_one_goes_to_another(world: World) -> None:
    """If that one is not connected."""
    with world.open_stream("1") as one:
        world.send("a", to=world.address("any", "2"))
        assert one.next() == world.execute("a")


@pytest.mark.parametrize("pid", ["2", ""])
def test_a_message_to_one_member_goes_to_no_other(world: World, pid: str) -> None:
    """If it names no member, no member gets it."""
    with world.open_stream("1") as one:
        world.send("a", to=world.address("uni", pid))
        assert world.read_messages(one) == []


@pytest.mark.parametrize("how", ["released", "continued"])
def test_the_message_of_a_released_task_is_sent_at_once(world: World, how: str) -> None:
    """At the version that can be acquired."""
    a = world.name("a")
    with world.open_stream() as stream:
        world.ask.send_all(take(world.new("a", world.address()), ttl=10**6))
        world.ask.send_all(*([release(a, 1)] if how == "released" else [halt(a), continue_task(a)]))
        assert stream.next() == world.execute("a", 1)


@pytest.mark.parametrize("how", ["leave", "die"])
def test_the_stream_of_a_dead_worker_gets_no_message(world: World, how: str) -> None:
    """Whether it stopped or was killed: the next messages go to the others."""
    with world.open_stream("1") as living:
        gone = world.open_stream("2")
        gone.leave() if how == "leave" else gone.die()
        world.send(*MESSAGE_COUNT, to=world.address())
        assert world.read_messages(living) == [world.execute(name) for name in MESSAGE_COUNT]


def test_two_streams_may_have_one_name(world: World) -> None:
    """A message to that name goes to the older one; when that is gone, to the other."""
    with world.open_stream() as older, world.open_stream() as younger:
        world.send(*MESSAGE_COUNT, to=world.address("uni", "1"))
        assert world.read_messages(older) == [world.execute(name) for name in MESSAGE_COUNT]
        older.leave()
        world.send("a", to=world.address("uni", "1"))
        assert world.read_messages(younger) == [world.execute("a")]


def test_a_listener_gets_the_settled_promise_once(world: World) -> None:
    """The message has the settled promise, and no server URL."""
    p = world.name("p")
    with world.open_stream() as stream:
        world.ask.send_all(world.new("p"), listen(p, world.address()), settle(p, "rejected", "dg=="))
        assert stream.next() == {"kind": "unblock", "head": {}, "data": world.ask.data(get(p))}
        assert world.read_messages(stream) == []


def test_every_listener_gets_its_own(world: World) -> None:
    """One message for each address."""
    p = world.name("p")
    with world.open_stream("1") as one, world.open_stream("2") as two:
        world.ask.send_all(world.new("p"), *(listen(p, world.address("uni", pid)) for pid in "12121"), settle(p))
        message: Json = {"kind": "unblock", "head": {}, "data": world.ask.data(get(p))}
        assert [one.next(), two.next()] == [message, message]
        assert [world.read_messages(one, "1"), world.read_messages(two, "2")] == [[], []]


def test_a_task_that_waits_is_sent_when_what_it_waits_for_is_settled(world: World) -> None:
    """The messages of two workflows: one calls the other and is resumed by its end."""
    parent, child = world.name("parent"), world.name("child")
    with world.open_stream() as stream:
        world.ask.send_all(take(world.new("parent", world.address()), ttl=10**6))
        world.ask.send_all(world.new("child", world.address()), suspend(parent, 1, child))
        assert stream.next() == world.execute("child")
        world.ask.send_all(acquire(child), fulfill(child, 1))
        assert stream.next() == world.execute("parent", 1)


# A stream at /poll/<group>/p hears what is sent to these, where {} is its group ...
REACHES = [
    *("poll://uni@{}/p", "POLL://uni@{}/p", " poll://uni@{}/p ", "poll://uni:x@{}:80/p?q#f", "poll://uni@{}/\tp"),
    *("poll://uni@{}/x/../p", "poll://uni@{}/./p", "poll://uni@{}/%2e/p", "poll://any@{}/", "poll://any@{}//"),
]
# ... and nothing of what is sent to these: names are compared as they are written.
REACHES_NOT = [
    *("poll://uni@{}/P", "poll://uni@{}/p/", "poll://uni@{}//p", "poll://uni@{}/%70", "poll://uni@{}/p%20"),
    *("poll://any@{}.", "poll://any@%67{}", "poll://any@{}%20", "poll://any@G{}"),
]


@pytest.mark.parametrize("address", REACHES)
def test_an_address_reaches_a_stream(world: World, address: str) -> None:
    """Whatever its spelling."""
    with world.open_stream("p") as stream:
        world.send("a", to=address.format(world.group))
        assert world.read_messages(stream, "p") == [world.execute("a")]


@pytest.mark.parametrize("address", REACHES_NOT)
def test_an_address_does_not_reach_a_stream(world: World, address: str) -> None:
    """Its spelling differs in a way that matters."""
    with world.open_stream("p") as stream:
        world.send("a", to=address.format(world.group))
        assert world.read_messages(stream, "p") == []


@pytest.mark.parametrize(("path", "written"), [("%C3%A9", "é"), ("a%20b", "a%20b"), ("%40", "%40")])
def test_a_group_is_named_by_its_escapes(world: World, path: str, written: str) -> None:
    """An address keeps its escapes and a path loses them, so what needs them is escaped twice in a path."""
    group = f"{world.group}-{path}"
    with StreamReader(world.server, group.replace("%", "%25"), "p") as stream:
        world.send("a", to=f"poll://any@{world.group}-{written}")
        assert stream.next() == world.execute("a")
