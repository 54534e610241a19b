"""Who gets which message, on real time: to each message one reader, and to a reader that is not there none."""

import json
from functools import partial

import pytest

from .requests import acquire, fulfill, get, go_on, halt, listen, release, settle, suspend, take
from .seat import Seat
from .target import Json
from .world import World

MANY = [f"{number}" for number in range(20)]


def test_a_message_to_a_group_goes_to_one_of_its_members(world: World) -> None:
    """To each of them some, none twice, and none to another group."""
    witness = World(world.server, world.ask)
    with world.sit("1") as one, world.sit("2") as two, witness.sit() as other:
        world.send(*MANY, to=world.address())
        first, second = world.heard(one, "1"), world.heard(two, "2")
        assert witness.heard(other) == []
    assert first
    assert second
    ordered = partial(json.dumps, sort_keys=True)
    assert sorted(map(ordered, first + second)) == sorted(map(ordered, map(world.execute, MANY)))


def test_messages_to_one_member_come_in_their_order(world: World) -> None:
    """Each exactly as it is: a kind, the server that sent it, and the task with its version."""
    with world.sit() as seat:
        world.send(*MANY, to=world.address())
        assert world.heard(seat) == [world.execute(name) for name in MANY]


@pytest.mark.parametrize("cast", ["uni", "any"])
def test_a_message_to_a_member_goes_to_that_member(world: World, cast: str) -> None:
    """As long as it is there."""
    with world.sit("1") as one, world.sit("2") as two:
        world.send(*MANY, to=world.address(cast, "2"))
        assert world.heard(two, "2") == [world.execute(name) for name in MANY]
        assert world.heard(one, "1") == []


def test_a_message_to_any_member_but_rather_to_one_goes_to_another(world: World) -> None:
    """When that one is not there."""
    with world.sit("1") as one:
        world.send("a", to=world.address("any", "2"))
        assert one.next() == world.execute("a")


@pytest.mark.parametrize("pid", ["2", ""])
def test_a_message_to_one_member_goes_to_no_other(world: World, pid: str) -> None:
    """Nor to anybody when it names none."""
    with world.sit("1") as one:
        world.send("a", to=world.address("uni", pid))
        assert world.heard(one) == []


@pytest.mark.parametrize("how", ["released", "continued"])
def test_a_task_that_waits_again_is_sent_at_once(world: World, how: str) -> None:
    """At the version that can be acquired."""
    a = world.name("a")
    with world.sit() as seat:
        world.ask.done(take(world.new("a", world.address()), ttl=10**6))
        world.ask.done(*([release(a, 1)] if how == "released" else [halt(a), go_on(a)]))
        assert seat.next() == world.execute("a", 1)


@pytest.mark.parametrize("how", ["leave", "die"])
def test_the_seat_of_a_worker_that_is_gone_is_free_at_once(world: World, how: str) -> None:
    """Whether it left in good order or was killed: what is sent next goes to those who live."""
    with world.sit("1") as living:
        gone = world.sit("2")
        gone.leave() if how == "leave" else gone.die()
        world.send(*MANY, to=world.address())
        assert world.heard(living) == [world.execute(name) for name in MANY]


def test_two_seats_may_have_one_name(world: World) -> None:
    """A message to that name goes to the older one; when that is gone, to the other."""
    with world.sit() as older, world.sit() as younger:
        world.send(*MANY, to=world.address("uni", "1"))
        assert world.heard(older) == [world.execute(name) for name in MANY]
        older.leave()
        world.send("a", to=world.address("uni", "1"))
        assert world.heard(younger) == [world.execute("a")]


def test_a_listener_gets_the_settled_promise_once(world: World) -> None:
    """As it was settled, and without the name of a server."""
    p = world.name("p")
    with world.sit() as seat:
        world.ask.done(world.new("p"), listen(p, world.address()), settle(p, "rejected", "dg=="))
        assert seat.next() == {"kind": "unblock", "head": {}, "data": world.ask.data(get(p))}
        assert world.heard(seat) == []


def test_every_listener_gets_its_own(world: World) -> None:
    """One message for each address."""
    p = world.name("p")
    with world.sit("1") as one, world.sit("2") as two:
        world.ask.done(world.new("p"), *(listen(p, world.address("uni", pid)) for pid in "12121"), settle(p))
        message: Json = {"kind": "unblock", "head": {}, "data": world.ask.data(get(p))}
        assert [one.next(), two.next()] == [message, message]
        assert [world.heard(one, "1"), world.heard(two, "2")] == [[], []]


def test_a_task_that_waits_is_sent_when_what_it_waits_for_is_settled(world: World) -> None:
    """The messages of two workflows: one calls the other and is resumed by its end."""
    parent, child = world.name("parent"), world.name("child")
    with world.sit() as seat:
        world.ask.done(take(world.new("parent", world.address()), ttl=10**6))
        world.ask.done(world.new("child", world.address()), suspend(parent, 1, child))
        assert seat.next() == world.execute("child")
        world.ask.done(acquire(child), fulfill(child, 1))
        assert seat.next() == world.execute("parent", 1)


# A seat at /poll/<group>/p hears what is sent to these, where {} is its group ...
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
def test_an_address_reaches_a_seat(world: World, address: str) -> None:
    """However it is spelt."""
    with world.sit("p") as seat:
        world.send("a", to=address.format(world.group))
        assert world.heard(seat, "p") == [world.execute("a")]


@pytest.mark.parametrize("address", REACHES_NOT)
def test_an_address_does_not_reach_a_seat(world: World, address: str) -> None:
    """That is spelt almost like it."""
    with world.sit("p") as seat:
        world.send("a", to=address.format(world.group))
        assert world.heard(seat, "p") == []


@pytest.mark.parametrize(("path", "written"), [("%C3%A9", "é"), ("a%20b", "a%20b"), ("%40", "%40")])
def test_a_group_is_named_by_its_escapes(world: World, path: str, written: str) -> None:
    """An address keeps its escapes and a path loses them, so what needs them is escaped twice in a path."""
    group = f"{world.group}-{path}"
    with Seat(world.server, group.replace("%", "%25"), "p") as seat:
        world.send("a", to=f"poll://any@{world.group}-{written}")
        assert seat.next() == world.execute("a")
