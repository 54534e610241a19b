"""The clock of a server on real time: deadlines, timers, leases and schedules happen by themselves."""

from contextlib import closing

import msgspec
import pytest

from local.server_process import Options, ServerProgram
from tests.conftest import StartServer
from wire.answers import OnePromise
from wire.fields import MAX_I64

from .ask import Ask
from .requests import delete_schedule, get, heartbeat, listen, schedule, settle, suspend, take
from .target import Json, Target
from .world import World

SOON = 700  # ms: longer than a crowded machine takes to ask for what is to happen then


def unblocked(message: Json) -> OnePromise:
    """Read the promise in a message to a listener."""
    assert isinstance(message, dict)
    assert message["kind"] == "unblock"
    return msgspec.convert(message["data"], OnePromise)


@pytest.mark.parametrize(("timer", "state"), [("false", "rejected_timedout"), ("true", "resolved")])
def test_a_promise_times_out_by_itself(world: World, timer: str, state: str) -> None:
    """A listener hears of it though nobody asks; it was settled when it was due."""
    p = world.name("p")
    with world.sit() as seat:
        world.ask.done(world.new("p", lives=SOON, timer=timer), listen(p, world.address()))
        promise = unblocked(seat.next()).promise
        assert (promise.id, promise.state, promise.settled_at) == (p, state, promise.timeout_at)
        assert world.ask.promise(get(p)) == promise


def test_a_lease_ends_by_itself(world: World) -> None:
    """Another worker is sent for, at the version that the first one had."""
    with world.sit() as seat:
        world.ask.done(take(world.new("a", world.address()), ttl=SOON))
        assert seat.next() == world.execute("a", 1)
        world.ask.done(settle(world.name("a")))


def test_a_lease_lasts_as_long_as_it_is_extended(world: World) -> None:
    """While another of the same length ends."""
    kept, lost = world.name("kept"), world.name("lost")
    with world.sit() as seat:
        world.ask.done(*(take(world.new(name, world.address()), ttl=SOON) for name in ("kept", "lost")))
        messages: list[Json] = []
        while messages == []:
            world.ask.done(heartbeat((kept, 1)))
            messages = world.heard(seat)
        assert messages == [world.execute("lost", 1)]
        world.ask.done(settle(kept), settle(lost))


def test_a_task_is_resumed_when_what_it_waits_for_times_out(world: World) -> None:
    """By itself too."""
    parent, child = world.name("parent"), world.name("child")
    with world.sit() as seat:
        world.ask.done(take(world.new("parent", world.address()), ttl=10**6), world.new("child", lives=SOON))
        world.ask.done(suspend(parent, 1, child))
        assert seat.next() == world.execute("parent", 1)
        assert world.ask.promise(get(child)).state == "rejected_timedout"


def test_a_schedule_fires_by_itself(world: World) -> None:
    """Once a second, when its rule says so."""
    name = world.name("s")
    template = f"{name}.{{{{.timestamp}}}}"
    tags: Json = {"resonate:target": world.address()}
    with world.sit() as seat:
        world.ask.done(schedule(name, "* * * * * *", promise=template, promiseTags=tags))
        first, second = (int(str(task_of(seat.next())).rpartition(".")[2]) for _ in range(2))
        world.ask.done(delete_schedule(name))
    assert (first % 1000, second - first) == (0, 1000)


def task_of(message: Json) -> str:
    """Read the task that a message says waits."""
    assert isinstance(message, dict)
    assert isinstance(message["data"], dict)
    task = message["data"]["task"]
    assert isinstance(task, dict)
    return str(task["id"])


def test_no_schedule_stops_the_clock(server_program: ServerProgram, start_server: StartServer) -> None:
    """Not even one whose promises would be due beyond the largest time, or have an id that could not be created."""
    server = start_server(server_program, options=Options(timeouts_interval=100))
    target = Target(server_program.name, server.url)
    world = World(server, Ask(target))
    with closing(target.connection), world.sit() as seat:
        world.ask.done(schedule("s", "* * * * * *", promise="x", promiseTimeout=MAX_I64))
        world.ask.done(schedule("t", "* * * * * *", promise="a\0b"))
        p = world.name("p")
        world.ask.done(world.new("p", lives=1_500), listen(p, world.address()))  # due after the first firing
        assert unblocked(seat.next()).promise.id == p
