"""The clock of a server on real time: deadlines, timers, leases and schedules happen by themselves."""

from contextlib import closing

import msgspec
import pytest

from durable.wire.answers import OnePromise
from durable.wire.fields import MAX_I64
from local.server_process import Options, ServerProgram
from tests.conftest import StartServer

from .protocol_client import Client
from .requests import delete_schedule, get, heartbeat, listen, schedule, settle, suspend, take
from .target import HttpChannel, Json, Target
from .world import World

SOON_MS = 700  # ms: longer than a crowded machine takes to ask for what is to happen then


def promise_in(message: Json) -> OnePromise:
    """Read the promise in a message to a listener."""
    assert isinstance(message, dict)
    assert message["kind"] == "unblock"
    return msgspec.convert(message["data"], OnePromise)


@pytest.mark.parametrize(("timer", "state"), [("false", "rejected_timedout"), ("true", "resolved")])
def test_a_promise_times_out_by_itself(world: World, timer: str, state: str) -> None:
    """A listener gets a message without any request; the promise was settled when it was due."""
    p = world.name("p")
    with world.open_stream() as stream:
        world.ask.send_all(world.new("p", lives=SOON_MS, timer=timer), listen(p, world.address()))
        promise = promise_in(stream.next()).promise
        assert (promise.id, promise.state, promise.settled_at) == (p, state, promise.timeout_at)
        assert world.ask.promise(get(p)) == promise


def test_a_lease_ends_by_itself(world: World) -> None:
    """The message is sent to another worker, with the first one's version."""
    with world.open_stream() as stream:
        world.ask.send_all(take(world.new("a", world.address()), ttl=SOON_MS))
        assert stream.next() == world.execute("a", 1)
        world.ask.send_all(settle(world.name("a")))


def test_an_extended_lease_does_not_end(world: World) -> None:
    """While another of the same length ends."""
    kept, lost = world.name("kept"), world.name("lost")
    with world.open_stream() as stream:
        world.ask.send_all(*(take(world.new(name, world.address()), ttl=SOON_MS) for name in ("kept", "lost")))
        messages: list[Json] = []
        while messages == []:
            world.ask.send_all(heartbeat((kept, 1)))
            messages = world.read_messages(stream)
        assert messages == [world.execute("lost", 1)]
        world.ask.send_all(settle(kept), settle(lost))


def test_a_task_is_resumed_when_what_it_waits_for_times_out(world: World) -> None:
    """Without any request."""
    parent, child = world.name("parent"), world.name("child")
    with world.open_stream() as stream:
        world.ask.send_all(take(world.new("parent", world.address()), ttl=10**6), world.new("child", lives=SOON_MS))
        world.ask.send_all(suspend(parent, 1, child))
        assert stream.next() == world.execute("parent", 1)
        assert world.ask.promise(get(child)).state == "rejected_timedout"


def test_a_schedule_fires_by_itself(world: World) -> None:
    """Once a second, when its rule says so."""
    name = world.name("s")
    template = f"{name}.{{{{.timestamp}}}}"
    tags: Json = {"resonate:target": world.address()}
    with world.open_stream() as stream:
        world.ask.send_all(schedule(name, "* * * * * *", promise=template, promiseTags=tags))
        first, second = (int(str(task_of(stream.next())).rpartition(".")[2]) for _ in range(2))
        world.ask.send_all(delete_schedule(name))
    assert (first % 1000, second - first) == (0, 1000)


def task_of(message: Json) -> str:
    """Read the task that a message says waits."""
    assert isinstance(message, dict)
    assert isinstance(message["data"], dict)
    task = message["data"]["task"]
    assert isinstance(task, dict)
    return str(task["id"])


def test_no_schedule_stops_the_clock(server_program: ServerProgram, start_server: StartServer) -> None:
    """Not even one whose promises have a deadline beyond the largest time, or an invalid id."""
    server = start_server(server_program, options=Options(timeouts_interval=100))
    target = Target(server_program.name, HttpChannel(server.url))
    world = World(server, Client(target))
    with closing(target), world.open_stream() as stream:
        world.ask.send_all(schedule("s", "* * * * * *", promise="x", promiseTimeout=MAX_I64))
        world.ask.send_all(schedule("t", "* * * * * *", promise="a\0b"))
        p = world.name("p")
        world.ask.send_all(world.new("p", lives=1_500), listen(p, world.address()))  # due after the first firing
        assert promise_in(stream.next()).promise.id == p
