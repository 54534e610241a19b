"""What a saga undoes: everything that was done, in reverse, once each, whatever happens meanwhile."""

from collections.abc import Callable
from functools import partial

import pytest

from durable import Context, PermanentError, Saga, TemporaryError, step, workflow
from durable.testing import Certificate, Trial, WorkflowTest

type Open = Callable[..., WorkflowTest]


@step(timeout=10)
async def reserve(order: str) -> str:
    return f"reservation of {order}"


@step(timeout=10)
async def charge(order: str) -> str:
    return f"payment of {order}"


@step(timeout=10)
async def ship(order: str) -> str:
    return f"parcel of {order}"


@step(timeout=10)
async def release(reservation: str, *, reason: str) -> None:
    """Undo reserve."""


@step(timeout=10)
async def refund(payment: str) -> None:
    """Undo charge."""


@workflow(name="order")
async def place_order(ctx: Context, order: str) -> str:
    async with Saga(ctx) as saga:
        reservation = await ctx.run(reserve, order)
        saga.undo_with(release, reservation, reason="failed")
        payment = await ctx.run(charge, order)
        saga.undo_with(refund, payment)
        return await ctx.run(ship, order)


def test_nothing_is_undone_if_all_goes_well(workflow_test: Open) -> None:
    test = workflow_test(place_order)
    assert test.start(place_order, "a").result() == "parcel of a"
    assert not test.calls(refund)
    assert not test.calls(release)


def test_what_was_done_is_undone_in_reverse(workflow_test: Open) -> None:
    test = workflow_test(place_order)
    test.replace(ship, PermanentError("gone", "the parcel is lost"))
    job = test.start(place_order, "a")
    assert (job.error().code, job.error().step) == ("gone", "ship")
    assert [one.name for one in job.operations()] == ["reserve", "charge", "ship", "refund", "release"]
    assert [*test.calls(refund), *test.calls(release)] == [("payment of a",), ("reservation of a",)]


def test_only_what_was_done_is_undone(workflow_test: Open) -> None:
    test = workflow_test(place_order)
    test.replace(charge, PermanentError("declined", "no money"))
    assert test.start(place_order, "a").error().code == "declined"
    assert not test.calls(refund)
    assert len(test.calls(release)) == 1


def test_a_step_that_undoes_is_retried_for_days(workflow_test: Open) -> None:
    test = workflow_test(place_order)
    test.replace(ship, PermanentError("gone", "the parcel is lost"))
    test.replace(refund, *[TemporaryError("busy", "later")] * 12, None)
    job = test.start(place_order, "a")
    assert job.error().code == "gone"
    assert test.begun["refund"] == 13
    assert test.begun["release"] == 1


def test_an_undo_step_that_fails_stops_no_other_and_is_named(workflow_test: Open) -> None:
    test = workflow_test(place_order)
    test.replace(ship, PermanentError("gone", "the parcel is lost"))
    test.replace(refund, PermanentError("closed", "the account is closed"))
    job = test.start(place_order, "a")
    error = job.error()
    assert error.code == "not_undone"
    assert error.message == "gone (the parcel is lost), and not undone: refund: closed"
    assert len(test.calls(release)) == 1


def test_a_long_error_does_not_hide_what_is_not_undone(workflow_test: Open) -> None:
    test = workflow_test(place_order)
    test.replace(ship, PermanentError("gone", "lost " * 1_000))
    test.replace(refund, PermanentError("closed", "the account is closed"))
    message = test.start(place_order, "a").error().message
    assert message.startswith("gone (lost lost ")
    assert message.endswith("), and not undone: refund: closed")


@pytest.mark.parametrize("failing", ["ship", "charge", ""])
def test_a_worker_that_dies_at_any_request_undoes_each_thing_once(
    certify: Callable[..., Certificate], failing: str
) -> None:
    def scenario(trial: Trial) -> object:
        with trial.test(place_order) as test:
            for one in (reserve, charge, ship, release, refund):
                name = one.__name__
                outcome = PermanentError("gone", "lost") if name == failing else f"{name} done"
                test.replace(one, partial(_note, trial, name, outcome))
            job = test.start(place_order, "a")
            return job.result() if not failing else job.error().code

    undone = {"ship": ["refund", "release"], "charge": ["release"], "": []}[failing]
    certify(scenario, exactly=dict.fromkeys(undone, 1))


def _note(trial: Trial, name: str, outcome: object, *_: object, **__: object) -> object:
    """Do what the step of this name does, and count it."""
    trial.effects.add(name, key="order a")  # as a service does with an idempotency key
    if isinstance(outcome, Exception):
        raise outcome
    return None if name in ("release", "refund") else outcome
