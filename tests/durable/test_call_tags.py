"""What a promise keeps of its call: tags that are read as they were written, and digests that are the same anywhere."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec
import pytest
from pydantic import BaseModel

from durable.digests import digest_value
from durable.wire.call_record import CallKind, CallRecord
from local.server_process import ROOT
from tests.durable.flows import Page

CALL = CallRecord(name="charge", kind=CallKind.STEP, arguments="0a1b2c3d", seconds=2.5, fence=7)


def test_a_call_is_read_as_it_was_written() -> None:
    assert CallRecord.read(CALL.tags) == CALL
    plain = CallRecord(name="a;b=c", kind=CallKind.SLEEP)
    assert CallRecord.read(plain.tags) == plain


@pytest.mark.parametrize(
    "tags", [{}, {"durable:name": "a"}, {"durable:call": "step"}, {"resonate:parent": "x", "durable:call": ""}]
)
def test_a_promise_without_these_tags_has_no_call(tags: dict[str, str]) -> None:
    assert CallRecord.read(tags) is None


def test_tags_that_another_client_or_version_wrote_are_read_as_far_as_they_are_known() -> None:
    call = CallRecord.read({"durable:name": "a", "durable:call": "dance;run=x;for=;more=1"})
    assert call == CallRecord(name="a", kind=CallKind.UNKNOWN)


def test_a_digest_is_the_same_in_every_process() -> None:
    """Also that of a set, whose order differs between processes."""
    code = "from durable.digests import digest_value as d; print(d(({'a', 'b', 'c', 'd'}, {'x': {'y': 1}})))"
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True,
        ).stdout
        for seed in "12"
    }  # fmt: skip
    assert len(digests) == 1


class OldOrder(BaseModel):
    """An order."""

    cents: int


@dataclass(frozen=True)
class NewOrder:
    """The same with two fields more, in another kind of class."""

    cents: int
    currency: str = "EUR"
    notes: list[str] = field(default_factory=list)


class LatestOrder(msgspec.Struct):
    """The same with fields more, in yet another kind of class."""

    cents: int
    currency: str = "EUR"
    notes: list[str] = []


def test_a_digest_stays_when_a_type_gets_a_field_with_a_default() -> None:
    orders = [OldOrder(cents=1), NewOrder(1), LatestOrder(1)]
    assert len({digest_value(([order],)) for order in orders}) == 1
    assert digest_value(NewOrder(1, "USD")) != digest_value(NewOrder(1))


def test_a_digest_tells_values_apart_and_leaves_generators_untouched() -> None:
    """A generator would be empty once it is read."""
    digests = [digest_value(one) for one in (Page(number=1), Page(number=2), timedelta(1), [1], None)]
    assert len(set(digests)) == len(digests)
    numbers = (number for number in range(3))
    assert digest_value(numbers) == digest_value(object()) == "-"
    assert list(numbers) == [0, 1, 2]


@dataclass
class Draft:
    """Its second field has no value until it is sent."""

    text: str
    sent: str = field(init=False)


def test_a_value_with_a_field_that_is_not_set_has_no_digest() -> None:
    """Without one, the call is made all the same; an error here would end each run of the job."""
    assert digest_value(((Draft("a"),), {})) == "-"
