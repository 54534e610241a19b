"""Waiting for a condition: how often a step looks, for how long, and what a look costs."""

from collections.abc import Callable

import pytest

from durable import Backoff, Context, TemporaryError, Until, Workflow, step, workflow
from durable.testing import Certificate, Trial, WorkflowTest

type Open = Callable[..., WorkflowTest]
HOURLY = Until(backoff=Backoff(first=3_600, factor=1), max_looks=50)
HOUR = 3_600


@step(timeout=10)
async def find_payment(order: str) -> str | None:
    return f"payment of {order}"


@workflow(name="wait_for_payment")
async def wait_for_payment(ctx: Context, order: str) -> str:
    return await HOURLY.run(ctx, find_payment, order)


def test_it_returns_what_the_step_finds(workflow_test: Open) -> None:
    test = workflow_test(wait_for_payment)
    test.replace(find_payment, None, None, "payment 7")
    began = test.now
    assert test.start(wait_for_payment, "a").result() == "payment 7"
    assert test.now - began == pytest.approx(2 * HOUR, abs=1)
    assert list(test.calls(find_payment)) == [("a",)] * 3


@pytest.mark.parametrize("looks", [20, 21, 45])
def test_it_looks_until_there_is_something(workflow_test: Open, looks: int) -> None:
    """Also when a group of looks is over."""
    test = workflow_test(wait_for_payment)
    test.replace(find_payment, *[None] * (looks - 1), "found")
    began = test.now
    assert test.start(wait_for_payment, "a").result() == "found"
    assert test.now - began == pytest.approx((looks - 1) * HOUR, abs=1)
    assert len(test.calls(find_payment)) == looks


def test_it_fails_after_the_last_look(workflow_test: Open) -> None:
    test = workflow_test(wait_for_payment)
    test.replace(find_payment, None)
    error = test.start(wait_for_payment, "a").error()
    assert (error.code, error.message) == ("condition_not_met", "find_payment found nothing in 50 looks")
    assert len(test.calls(find_payment)) == 50


def test_a_job_goes_on_after_a_deployment_with_more_looks(workflow_test: Open) -> None:
    """Their number is no part of the sequence: only the end of the wait moves."""

    def wait_for(looks: int) -> Workflow[[str], str]:
        @workflow(name="wait")
        async def wait(ctx: Context, order: str) -> str:
            return await Until(backoff=HOURLY.backoff, max_looks=looks).run(ctx, find_payment, order)

        return wait

    few = wait_for(15)
    test = workflow_test(few)
    test.replace(find_payment, *[None] * 16, "found")
    job = test.start(few, "a")
    test.pass_time(hours=3)
    test.deploy(wait_for(18))
    assert job.result() == "found"


def test_the_last_look_costs_as_much_as_the_first(workflow_test: Open) -> None:
    requests = list[int]()
    for looks in (10, 30, 50):
        test = workflow_test(wait_for_payment)
        test.replace(find_payment, *[None] * (looks - 1), "found")
        test.start(wait_for_payment, "a").result()
        requests.append(len(test.requests))
    assert requests[2] - requests[1] <= 1.1 * (requests[1] - requests[0])


def test_an_error_of_the_step_ends_the_wait(workflow_test: Open) -> None:
    test = workflow_test(wait_for_payment)
    test.replace(find_payment, None, TemporaryError("bank", "closed"))
    assert test.start(wait_for_payment, "a").error().code == "bank"


def test_a_worker_that_dies_at_any_request_changes_nothing(certify: Callable[..., Certificate]) -> None:
    def scenario(trial: Trial) -> object:
        with trial.test(wait_for_payment) as test:
            end = test.now + HOUR
            test.replace(find_payment, lambda _: "found" if test.now >= end else None)
            return test.start(wait_for_payment, "a").result()

    certify(scenario)


def test_at_least_one_look_is_wanted() -> None:
    with pytest.raises(ValueError, match="max_looks must be at least 1, not 0"):
        Until(max_looks=0)
