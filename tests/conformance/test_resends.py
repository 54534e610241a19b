"""What is sent again on real time, because nobody took it, and what is not."""

from .requests import acquire, halt, settle
from .world import World


def test_what_nobody_heard_is_sent_again_after_the_retry_timeout(sending_again: World) -> None:
    """And not before, so not when somebody sits down."""
    world, witness = sending_again, World(sending_again.server, sending_again.ask)
    world.send("a", to=world.address("any"))
    world.send("b", to=world.address("uni", "1"))
    with witness.sit() as seat:
        assert witness.heard(seat) == []  # so those before it have been sent too, and are gone
    with world.sit() as seat:
        assert world.heard(seat) == []
        assert [seat.next(), seat.next()] == [world.execute("a"), world.execute("b")]


def test_a_task_that_waits_no_more_is_not_sent_again(sending_again: World) -> None:
    """Whether it was acquired, halted or settled; one of the same age that still waits is, again and again."""
    world = sending_again
    with world.sit() as seat:
        world.send("acquired", "halted", "settled", "waiting", to=world.address())
        world.ask.done(acquire(world.name("acquired"), ttl=10**6), halt(world.name("halted")))
        world.ask.done(settle(world.name("settled")))
        first = [seat.next() for _ in range(4)]
        assert first == [world.execute(name) for name in ("acquired", "halted", "settled", "waiting")]
        assert [seat.next(), seat.next()] == [world.execute("waiting")] * 2
        world.ask.done(settle(world.name("waiting")))
