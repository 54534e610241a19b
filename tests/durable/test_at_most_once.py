"""A step that must not run twice fails instead, when its worker has stopped while it may have run."""

from collections.abc import Callable

from resonate.context import Context

from durable import PermanentError, Saga, TemporaryError, error_of, step, workflow
from durable.testing import HANGING, Certificate, Trial, WorkflowTest

type Certify = Callable[..., Certificate]


@step(timeout=30, at_most_once=True)
async def charge(order: str) -> str:
    """Take the money."""
    return f"paid {order}"


@step(timeout=30)
async def refund(order: str) -> str:
    """Give it back, if it was taken."""
    return order


@step(timeout=30)
async def ship(order: str) -> str:
    """Do the step after it."""
    return f"shipped {order}"


class Till:
    """Has a step as a method."""

    @step(timeout=30, at_most_once=True)
    async def charge(self, order: str) -> str:
        """Take the money."""
        return f"paid {order}"


@workflow(name="buy")
async def buy(ctx: Context, order: str) -> str:
    """Return how the payment ended."""
    async with Saga(ctx) as saga:
        saga.undo_with(refund, order)
        await ctx.run(charge, order)
        return await ctx.run(ship, order)


def test_a_step_that_was_interrupted_is_not_run_again() -> None:
    with WorkflowTest(buy) as test:
        test.replace(charge, HANGING)
        job = test.start(buy, "a")
        test.kill_workers()
        error = job.error()
        assert (error.code, error.step, error.retry) == ("interrupted", "charge", False)
        assert test.begun == {"charge": 1, "refund": 1}


def test_a_method_is_run_at_most_once_too() -> None:
    till = Till()

    @workflow(name="buy_at_till")
    async def buy_at_till(ctx: Context, order: str) -> str:
        return await ctx.run(till.charge, order)

    with WorkflowTest(buy_at_till) as test:
        test.replace(till.charge, HANGING)
        job = test.start(buy_at_till, "a")
        test.kill_workers()
        assert job.error().code == "interrupted"


def test_it_has_one_attempt() -> None:
    with WorkflowTest(buy) as test:
        test.replace(charge, TemporaryError("busy", "come later"))
        assert test.start(buy, "a").error().code == "busy"
        assert test.begun["charge"] == 1


@workflow(name="sell")
async def sell(ctx: Context, order: str) -> str:
    """Undo with a step that must not run twice."""
    async with Saga(ctx) as saga:
        saga.undo_with(charge, order)
        return await ctx.run(ship, order)


def test_a_saga_does_not_retry_it() -> None:
    """It may have given the money back before its connection broke."""
    with WorkflowTest(sell) as test:
        test.replace(ship, PermanentError("gone", "the parcel is lost"))
        test.replace(charge, ConnectionError("reset"))
        error = test.start(sell, "a").error()
        assert (error.code, test.begun["charge"]) == ("not_undone", 1)
        assert error.message.endswith("not undone: charge: unexpected")


def test_an_error_that_asks_for_a_retry_allows_it() -> None:
    with WorkflowTest(sell) as test:
        test.replace(ship, PermanentError("gone", "the parcel is lost"))
        test.replace(charge, TemporaryError("throttled", "it was not done", after=60), "paid back")
        assert test.start(sell, "a").error().code == "gone"
        assert test.begun["charge"] == 2


def test_a_recorded_result_is_no_repetition() -> None:
    with WorkflowTest(buy) as test:
        test.replace(ship, HANGING, "shipped")
        job = test.start(buy, "a")
        test.kill_workers()
        assert job.result() == "shipped"
        assert test.begun["charge"] == 1


def test_at_every_cut_it_begins_at_most_once_and_an_interruption_is_undone(certify: Certify) -> None:
    @workflow(name="buy_or_not")
    async def buy_or_not(ctx: Context, order: str) -> bool:
        try:
            return bool(await ctx.run(buy, order))
        except Exception as exc:
            if error_of(exc).code != "interrupted":
                raise
            return True

    def run(trial: Trial) -> bool:
        with trial.test(buy_or_not) as test:
            bought = test.start(buy_or_not, "a").result()
            assert test.begun["ship"] + test.begun["refund"] >= 1
            return bought

    certificate = certify(run, once=["charge"], choose=list)
    assert certificate.max_bodies["refund"] >= 1


async def charge_twice(ctx: Context, order: str) -> list[str]:
    """Call the step from a plain function, whose calls have names, too."""
    return [await ctx.run(charge, f"{order}{number}") for number in (1, 2)]


@workflow(name="buy_two")
async def buy_two(ctx: Context, order: str) -> list[str]:
    """Run a plain function as a part of the job."""
    return await ctx.run(charge_twice, order)


def test_a_plain_function_can_call_it() -> None:
    with WorkflowTest(buy_two) as test:
        job = test.start(buy_two, "a")
        assert job.result() == ["paid a1", "paid a2"]
        assert [one.name for one in job.operations()] == ["charge_twice", "charge", "charge"]
    with WorkflowTest(buy_two) as test:
        test.replace(charge, "paid", HANGING)
        job = test.start(buy_two, "a")
        test.kill_workers()
        assert job.error().code == "interrupted"
        assert test.begun == {"charge": 2}
