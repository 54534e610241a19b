"""Which unread messages are sent again on real time, and which are not."""

from .requests import acquire, halt, settle
from .world import World


def test_an_unread_message_is_sent_again_after_the_retry_timeout(world_with_fast_retries: World) -> None:
    """Not before, so not when a worker connects."""
    world, witness = world_with_fast_retries, World(world_with_fast_retries.server, world_with_fast_retries.ask)
    world.send("a", to=world.address("any"))
    world.send("b", to=world.address("uni", "1"))
    with witness.open_stream() as stream:
        assert witness.read_messages(stream) == []  # so those before it have been sent too, and are gone
    with world.open_stream() as stream:
        assert world.read_messages(stream) == []
        assert [stream.next(), stream.next()] == [world.execute("a"), world.execute("b")]


def test_a_task_that_waits_no_more_is_not_sent_again(world_with_fast_retries: World) -> None:
    """Whether it was acquired, halted or settled; one of the same age that still waits is, again and again."""
    world = world_with_fast_retries
    with world.open_stream() as stream:
        world.send("acquired", "halted", "settled", "waiting", to=world.address())
        world.ask.send_all(acquire(world.name("acquired"), ttl=10**6), halt(world.name("halted")))
        world.ask.send_all(settle(world.name("settled")))
        first = [stream.next() for _ in range(4)]
        assert first == [world.execute(name) for name in ("acquired", "halted", "settled", "waiting")]
        assert [stream.next(), stream.next()] == [world.execute("waiting")] * 2
        world.ask.send_all(settle(world.name("waiting")))
