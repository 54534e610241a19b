"""An order is shipped, or everything that was done for it is undone."""

from collections.abc import Callable

import pytest

from durable import PermanentError, TemporaryError
from durable.testing import Certificate, Trial, WorkflowTest
from examples.orders import Order, charge, place_order, refund, release, reserve, ship

type Open = Callable[..., WorkflowTest]

ORDER = Order(id="a1", item="lamp", cents=1250)


@pytest.fixture
def test(workflow_test: Open) -> WorkflowTest:
    test = workflow_test(place_order)
    test.replace(reserve, "reservation 1")
    test.replace(charge, "payment 1")
    test.replace(ship, "parcel 1")
    test.replace(release, None)
    test.replace(refund, None)
    return test


def test_an_order_is_shipped(test: WorkflowTest) -> None:
    job = test.start(place_order, ORDER)
    assert job.result() == "parcel 1"
    assert [one.name for one in job.operations()] == ["reserve", "charge", "ship"]


def test_a_parcel_that_cannot_be_sent_undoes_the_rest(test: WorkflowTest) -> None:
    test.replace(ship, PermanentError("no_carrier", "nothing is delivered there"))
    job = test.start(place_order, ORDER)
    assert job.error().code == "no_carrier"
    assert list(test.calls(refund)) == [("payment 1",)]
    assert list(test.calls(release)) == [("reservation 1",)]


def test_a_bank_that_is_away_is_asked_again(test: WorkflowTest) -> None:
    test.replace(charge, *[TemporaryError("service_unavailable", "it is away", after=600)] * 5, "payment 2")
    began = test.now
    assert test.start(place_order, ORDER).result() == "parcel 1"
    assert test.now - began >= 5 * 600
    assert not test.calls(refund)


def test_no_crash_undoes_too_much_or_too_little(certify: Callable[..., Certificate]) -> None:
    """The worker dies before and after each request, and each answer is lost once."""

    def scenario(trial: Trial) -> object:
        def charge_once(order: Order) -> str:
            trial.effects.add("charge", key=order.id)
            return "payment 1"

        with trial.test(place_order) as test:
            test.replace(reserve, "reservation 1")
            test.replace(charge, charge_once)
            test.replace(ship, PermanentError("no_carrier", "nothing is delivered there"))
            test.replace(refund, lambda payment: trial.effects.add("refund", key=payment))
            test.replace(release, lambda reservation: trial.effects.add("release", key=reservation))
            return test.start(place_order, ORDER).error().code

    certify(scenario, exactly={"charge": 1, "refund": 1, "release": 1})
