"""When a call is retried, how long it pauses first, and when it gives up."""

import socket

import pytest

from durable.wire.errors import Unavailable
from durable.wire.limits import Limits
from tests.wire.behaviors import HTML, PROMISE, answer_promise, close_silently, hang, reply_with
from tests.wire.calls import CONTINUE_CALL, IDEMPOTENT_CALLS, Example
from tests.wire.conftest import FakeTime, MakeClient, StartRogue
from tests.wire.rogue_server import Behavior

busy = reply_with(503, HTML, "text/html")


@pytest.mark.parametrize("example", IDEMPOTENT_CALLS, ids=str)
def test_an_idempotent_call_is_tried_three_times(
    example: Example, start_rogue: StartRogue, make_client: MakeClient
) -> None:
    """Two failures do not matter when the third attempt succeeds."""
    server = start_rogue(busy, close_silently, example.behavior)
    assert example.make(make_client(server.url)) == example.result
    assert len({call.body for call in server.calls}) == 1
    assert len(server.calls) == 3


@pytest.mark.parametrize("example", IDEMPOTENT_CALLS, ids=str)
def test_after_three_attempts_the_last_failure_is_raised(
    example: Example, start_rogue: StartRogue, make_client: MakeClient
) -> None:
    """There is no fourth attempt."""
    server = start_rogue(close_silently, close_silently, busy, example.behavior)
    with pytest.raises(Unavailable, match="HTTP 503"):
        example.make(make_client(server.url))
    assert len(server.calls) == 3


@pytest.mark.parametrize("behavior", [busy, close_silently])
def test_a_call_that_is_not_idempotent_is_not_retried(
    behavior: Behavior, start_rogue: StartRogue, make_client: MakeClient
) -> None:
    """To continue a task a second time is a conflict, or undoes a halt in between."""
    server = start_rogue(behavior, CONTINUE_CALL.behavior)
    with pytest.raises(Unavailable):
        CONTINUE_CALL.make(make_client(server.url))
    assert len(server.calls) == 1


@pytest.mark.parametrize(("draw", "pauses"), [(0.0, [0.05, 0.1]), (0.5, [0.075, 0.15]), (1.0, [0.1, 0.2])])
def test_pauses_double_and_have_jitter(
    draw: float, pauses: list[float], start_rogue: StartRogue, make_client: MakeClient, fake_time: FakeTime
) -> None:
    """So that callers that failed together do not retry together."""
    with pytest.raises(Unavailable):
        make_client(start_rogue(busy).url, clock=fake_time.clock(draw=lambda: draw)).get("p")
    assert fake_time.pauses == pytest.approx(pauses)


def test_no_attempt_starts_after_the_total_timeout(
    start_rogue: StartRogue, make_client: MakeClient, fake_time: FakeTime
) -> None:
    """The second pause would last 20 s and end at the timeout."""
    server = start_rogue(busy)
    with pytest.raises(Unavailable):
        make_client(server.url, limits=Limits(total_timeout=30, retry_pause=10)).get("p")
    assert (len(server.calls), fake_time.pauses) == (2, [10])


def test_an_attempt_gets_no_more_than_the_remaining_time(make_client: MakeClient, fake_time: FakeTime) -> None:
    """Each attempt may take 1 s to connect, and the last one has less."""
    given = []

    def dial(_address: tuple[str, int], seconds: float) -> socket.socket:
        given.append(seconds)
        fake_time.now += 1
        raise TimeoutError

    limits = Limits(total_timeout=2.5, retry_pause=0.1)
    with pytest.raises(Unavailable):
        make_client("http://host", limits=limits, dial=dial).get("p")
    assert given == pytest.approx([1, 1, 0.2])


def test_a_pause_that_outlasts_the_total_timeout_ends_the_call(make_client: MakeClient, fake_time: FakeTime) -> None:
    """A process that was frozen during its pause wakes up with no time left."""
    dialled = []

    def dial(address: tuple[str, int], _seconds: float) -> socket.socket:
        dialled.append(address)
        raise ConnectionRefusedError

    def sleep(_seconds: float) -> None:
        fake_time.now += 60

    with pytest.raises(Unavailable):
        make_client("http://host", clock=fake_time.clock(sleep=sleep), dial=dial).get("p")
    assert dialled == [("host", 80)]


def test_an_answer_is_not_awaited_beyond_the_total_timeout(start_rogue: StartRogue, make_client: MakeClient) -> None:
    """The response timeout of an hour does not matter."""
    server = start_rogue(hang)
    with pytest.raises(Unavailable, match="in time"):
        make_client(server.url, limits=Limits(total_timeout=0.25, response_timeout=3600)).get("p")


def test_a_call_succeeds_after_a_failed_one(start_rogue: StartRogue, make_client: MakeClient) -> None:
    """The failure leaves no state in the client."""
    shared = make_client(start_rogue(busy, busy, busy, answer_promise).url)
    with pytest.raises(Unavailable):
        shared.get("p")
    assert shared.get("p") == PROMISE
