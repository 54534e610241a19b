"""Every field takes what it may hold, and a request with anything else in it is refused and changes nothing.

Where both servers are there, both get each request; their answers are compared whole, and what became of them.
"""

import pytest

from .comparison import without_sentence
from .fields import FIELDS, put
from .pair import CHANGES_SCHEDULES
from .protocol_client import Client
from .requests import WORKERS, Call, create, halt, schedule, take
from .target import Answer, Json, Target
from .values import HEAP

EVERY_VALUE = pytest.mark.parametrize(
    ("call", "field", "taken"),
    [
        pytest.param(call, field, taken, id=f"{call.kind}-{number}-{field}")
        for number, (call, types) in enumerate(FIELDS)
        for field, taken in types.items()
    ],
)


def fill(*targets: Target) -> None:
    """Have what the requests are about."""
    held, halted = take(create("h", target=WORKERS), ttl=10**9), create("z", target=WORKERS)
    for target in targets:
        target.begin()
        Client(target).send_all(create("p"), create("t", target=WORKERS), held, halted, halt("z"), schedule("s"))


def ask_all(targets: list[Target], field: str, value: str, body: bytes) -> Answer:
    """Return the answer that all give."""
    first, *others = (without_sentence(target.raw("POST", "/", body)) for target in targets)
    assert all(other == first for other in others), f"{field} = {value}"
    return first


def snap_all(targets: list[Target], reason: str) -> Json:
    """Return the state that all have."""
    first, *others = (target.snap() for target in targets)
    assert all(other == first for other in others), reason
    return first


@EVERY_VALUE
def test_a_field_refuses_what_it_cannot_hold(targets: list[Target], call: Call, field: str, taken: list[str]) -> None:
    """The state does not change."""
    fill(*targets)
    before = snap_all(targets, "before")
    for value in (value for value in HEAP if value not in taken):
        answer = ask_all(targets, field, value, put(call, field, value))
        assert answer.status == 400, f"{field} = {value}: {answer.body}"
    assert snap_all(targets, "after") == before


@EVERY_VALUE
def test_a_field_takes_what_it_may_hold(targets: list[Target], call: Call, field: str, taken: list[str]) -> None:
    """The id may be unknown, but the request is valid."""
    fill(*targets)
    before = snap_all(targets, "before")
    for value in taken:
        answer = ask_all(targets, field, value, put(call, field, value))
        assert answer.status in (200, 404, 409, 422), f"{field} = {value}: {answer.body}"
        after = snap_all(targets, f"{field} = {value}")
        if after != before or call.kind in CHANGES_SCHEDULES:
            fill(*targets)


@pytest.mark.parametrize("call", [call for call, _ in FIELDS], ids=lambda call: call.kind)
def test_the_requests_are_good_as_they_stand(target: Target, call: Call) -> None:
    """Or a refusal would prove nothing."""
    fill(target)
    assert target.call(call.kind, call.data).status == 200


def test_minus_zero_is_no_whole_number(target: Target) -> None:
    """In JSON it is a float."""
    assert target.raw("POST", "/", put(create("a"), "timeoutAt", "-0")).status == 400
