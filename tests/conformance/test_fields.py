"""Every field takes what it may hold, and a request with anything else in it is refused and changes nothing.

Where both servers are there, their answers are compared whole, and what became of what they took.
"""

import pytest

from .comparison import without_sentence
from .fields import FIELDS, put
from .protocol_client import Client
from .requests import WORKERS, Call, create, halt, schedule, take
from .target import Target
from .values import HEAP

EVERY_VALUE = pytest.mark.parametrize(
    ("call", "field", "taken"),
    [
        pytest.param(call, field, taken, id=f"{call.kind}-{number}-{field}")
        for number, (call, types) in enumerate(FIELDS)
        for field, taken in types.items()
    ],
)


def fill(target: Target) -> None:
    """Have what the requests are about."""
    target.begin()
    held, halted = take(create("h", target=WORKERS), ttl=10**9), create("z", target=WORKERS)
    Client(target).send_all(create("p"), create("t", target=WORKERS), held, halted, halt("z"), schedule("s"))


@EVERY_VALUE
def test_a_field_refuses_what_it_cannot_hold(
    target: Target, reference: Target | None, call: Call, field: str, taken: list[str]
) -> None:
    """The state does not change."""
    fill(target)
    before = target.snap()
    for value in (value for value in HEAP if value not in taken):
        body = put(call, field, value)
        answer = target.raw("POST", "/", body)
        assert answer.status == 400, f"{field} = {value}: {answer.body}"
        if reference is not None:
            assert without_sentence(answer) == without_sentence(reference.raw("POST", "/", body)), f"{field} = {value}"
    assert target.snap() == before


@EVERY_VALUE
def test_a_field_takes_what_it_may_hold(
    target: Target, reference: Target | None, call: Call, field: str, taken: list[str]
) -> None:
    """The id may be unknown, but the request is valid."""
    for value in taken:
        body = put(call, field, value)
        fill(target)
        answer = target.raw("POST", "/", body)
        assert answer.status in (200, 404, 409, 422), f"{field} = {value}: {answer.body}"
        if reference is not None:
            fill(reference)
            assert without_sentence(answer) == without_sentence(reference.raw("POST", "/", body)), f"{field} = {value}"
            assert target.snap() == reference.snap(), f"{field} = {value}"


@pytest.mark.parametrize("call", [call for call, _ in FIELDS], ids=lambda call: call.kind)
def test_the_requests_are_good_as_they_stand(target: Target, call: Call) -> None:
    """Or a refusal would prove nothing."""
    fill(target)
    assert target.call(call.kind, call.data).status == 200


def test_minus_zero_is_no_whole_number(target: Target) -> None:
    """In JSON it is a float."""
    assert target.raw("POST", "/", put(create("a"), "timeoutAt", "-0")).status == 400
