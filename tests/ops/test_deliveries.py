"""`longhand deliveries` and `redeliver`: what is printed, which events are delivered again, and the exit codes."""

import json

import pytest

from contract.delivery_log import DeliveryAttempt, DeliveryState, EventDeliveries, EventDelivery
from tests.ops.fake_server import FakeServer, Reply, Request, serve
from tests.ops.terminal import Terminal

FAILED_ATTEMPT = DeliveryAttempt(at="2026-11-29T16:00:05.000+00:00", status_code=503)
LOST_ATTEMPT = DeliveryAttempt(at="2026-11-29T16:00:25.000+00:00", error="timed_out")


def make(event: str, state: DeliveryState, number: int = 1, *attempts: DeliveryAttempt) -> EventDelivery:
    return EventDelivery(
        event_id=event,
        event_type="longhand.job.done.v1",
        number=number,
        receiver="hooks.example",
        state=state,
        created_at="2026-11-29T16:00:00.000+00:00",
        attempts=attempts,
        next_attempt_at="2026-11-29T16:01:45.000+00:00" if state == DeliveryState.PENDING else None,
    )


def run(terminal: Terminal, *words: str, log: tuple[EventDelivery, ...]) -> tuple[int, str, FakeServer]:
    """Run the command against an API with these deliveries."""

    def answer(request: Request) -> Reply:
        if request.method == "GET":
            return Reply(200, EventDeliveries(job_id="a", deliveries=log).to_json())
        event = request.path.split("/")[4]
        return Reply(202, make(event, DeliveryState.PENDING, 2).to_json())

    with serve(answer) as fake:
        ended = terminal.run(*words, "--url", fake.url)
    return ended.code, ended.out, fake


def test_the_list_shows_the_last_attempt_and_the_next_one(nowhere: Terminal) -> None:
    pending = make("a.done", DeliveryState.PENDING, 1, FAILED_ATTEMPT, LOST_ATTEMPT)
    code, out, _ = run(nowhere, "deliveries", "a", log=(pending,))
    assert code == 2
    assert out.splitlines()[1].split() == [
        "a.done", "1", "hooks.example", "pending", "2", "timed_out", "2026-11-29T16:01:45.000+00:00",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ([], 0),
        ([("a.done", DeliveryState.DELIVERED, 1)], 0),
        ([("a.done", DeliveryState.GAVE_UP, 1)], 1),
        ([("a.done", DeliveryState.GAVE_UP, 1), ("a.done", DeliveryState.DELIVERED, 2)], 0),
        ([("a.accepted", DeliveryState.PENDING, 1), ("a.done", DeliveryState.GAVE_UP, 1)], 1),
    ],
)
def test_the_exit_code_is_that_of_the_last_delivery_of_each_event(
    states: list[tuple[str, DeliveryState, int]], code: int, nowhere: Terminal
) -> None:
    log = tuple(make(event, state, number) for event, state, number in states)
    assert run(nowhere, "deliveries", "a", log=log)[0] == code


def test_without_an_event_those_are_delivered_again_that_were_given_up(nowhere: Terminal) -> None:
    log = (
        make("a.accepted", DeliveryState.DELIVERED),
        make("a.waiting-7", DeliveryState.GAVE_UP),
        make("a.waiting-7", DeliveryState.DELIVERED, 2),
        make("a.done", DeliveryState.GAVE_UP),
    )
    code, out, fake = run(nowhere, "redeliver", "a", log=log)
    assert (code, out) == (0, "a.done: delivery 2 is pending\n")
    assert [one.path for one in fake.requests if one.method == "POST"] == ["/jobs/a/deliveries/a.done/redeliver"]


def test_an_event_can_be_named_and_is_escaped(nowhere: Terminal) -> None:
    _, out, fake = run(nowhere, "redeliver", "a", "a.accepted/../x", "--json", log=())
    assert json.loads(out)[0]["number"] == 2
    assert fake.requests[-1].path == "/jobs/a/deliveries/a.accepted%2F..%2Fx/redeliver"


def test_with_nothing_given_up_an_event_must_be_named(nowhere: Terminal) -> None:
    code, _, fake = run(nowhere, "redeliver", "a", log=(make("a.done", DeliveryState.DELIVERED),))
    assert code == 65
    assert {one.method for one in fake.requests} == {"GET"}
