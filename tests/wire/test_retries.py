"""When a call is tried again, how long it waits before, and when it gives up."""

import socket

import pytest

from tests.wire.calls import ONCE, REPEATED, Example
from tests.wire.conftest import FakeTime, MakeClient, StartRogue
from tests.wire.manners import HTML, PROMISE, good, hangs, says, slams
from tests.wire.rogue import Manner
from wire.errors import Unavailable
from wire.limits import Limits

busy = says(503, HTML, "text/html")


@pytest.mark.parametrize("example", REPEATED, ids=str)
def test_a_call_that_may_be_repeated_is_tried_three_times(
    example: Example, rogue: StartRogue, client: MakeClient
) -> None:
    """The second answer that is missing does not matter when the third is there."""
    server = rogue(busy, slams, example.manner)
    assert example.make(client(server.url)) == example.result
    assert len({call.body for call in server.calls}) == 1
    assert len(server.calls) == 3


@pytest.mark.parametrize("example", REPEATED, ids=str)
def test_after_three_attempts_the_last_failure_is_raised(
    example: Example, rogue: StartRogue, client: MakeClient
) -> None:
    """A fourth would find the same."""
    server = rogue(slams, slams, busy, example.manner)
    with pytest.raises(Unavailable, match="HTTP 503"):
        example.make(client(server.url))
    assert len(server.calls) == 3


@pytest.mark.parametrize("manner", [busy, slams])
def test_a_call_that_must_not_be_repeated_is_not(manner: Manner, rogue: StartRogue, client: MakeClient) -> None:
    """To continue a task a second time is a conflict, or undoes somebody's halt in between."""
    server = rogue(manner, ONCE.manner)
    with pytest.raises(Unavailable):
        ONCE.make(client(server.url))
    assert len(server.calls) == 1


@pytest.mark.parametrize(("draw", "pauses"), [(0.0, [0.05, 0.1]), (0.5, [0.075, 0.15]), (1.0, [0.1, 0.2])])
def test_pauses_double_and_are_drawn_from_their_upper_half(
    draw: float, pauses: list[float], rogue: StartRogue, client: MakeClient, time: FakeTime
) -> None:
    """So that callers who failed together do not come back together."""
    with pytest.raises(Unavailable):
        client(rogue(busy).url, clock=time.clock(draw=lambda: draw)).get("p")
    assert time.pauses == pytest.approx(pauses)


def test_no_attempt_begins_that_the_budget_has_no_time_for(
    rogue: StartRogue, client: MakeClient, time: FakeTime
) -> None:
    """The second pause, which is 20 s, would end with the budget."""
    server = rogue(busy)
    with pytest.raises(Unavailable):
        client(server.url, limits=Limits(total_timeout=30, retry_pause=10)).get("p")
    assert (len(server.calls), time.pauses) == (2, [10])


def test_an_attempt_gets_no_more_time_than_the_budget_has_left(client: MakeClient, time: FakeTime) -> None:
    """Each attempt may take 1 s to connect, and the last one has less."""
    given = []

    def dial(_address: tuple[str, int], seconds: float) -> socket.socket:
        given.append(seconds)
        time.now += 1
        raise TimeoutError

    limits = Limits(total_timeout=2.5, retry_pause=0.1)
    with pytest.raises(Unavailable):
        client("http://host", limits=limits, dial=dial).get("p")
    assert given == pytest.approx([1, 1, 0.2])


def test_a_pause_that_outlasts_the_budget_is_the_end(client: MakeClient, time: FakeTime) -> None:
    """A process that was frozen in its pause wakes up with no time left."""
    dialled = []

    def dial(address: tuple[str, int], _seconds: float) -> socket.socket:
        dialled.append(address)
        raise ConnectionRefusedError

    def sleep(_seconds: float) -> None:
        time.now += 60

    with pytest.raises(Unavailable):
        client("http://host", clock=time.clock(sleep=sleep), dial=dial).get("p")
    assert dialled == [("host", 80)]


def test_an_answer_is_not_awaited_beyond_the_budget(rogue: StartRogue, client: MakeClient) -> None:
    """Though the answer itself would be given an hour."""
    server = rogue(hangs)
    with pytest.raises(Unavailable, match="in time"):
        client(server.url, limits=Limits(total_timeout=0.25, response_timeout=3600)).get("p")


def test_a_failure_leaves_nothing_behind(rogue: StartRogue, client: MakeClient) -> None:
    """The next call of the same client is as good as new."""
    shared = client(rogue(busy, busy, busy, good).url)
    with pytest.raises(Unavailable):
        shared.get("p")
    assert shared.get("p") == PROMISE
