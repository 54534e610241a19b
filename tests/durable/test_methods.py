"""Steps and workflows as methods: a class holds what they need, and each of its objects has its own."""

import asyncio
from typing import Any, cast

import pytest
from resonate.context import Context

from durable import step, workflow

from .step_runner import StepRunner


class Shop:
    """Has a price, which its steps use."""

    def __init__(self, price: int) -> None:
        self.price = price

    @step(timeout=5)
    async def total(self, count: int) -> int:
        """Multiply."""
        return self.price * count

    @step(timeout=5)
    async def failing(self) -> int:
        """Fail."""
        raise OSError(f"no {self.price}")

    @workflow(name="buy", version=2)
    async def buy(self, ctx: Context, count: int) -> int:
        """Ask a step."""
        return await ctx.run(self.total, count)


def test_a_step_that_is_a_method_uses_its_object() -> None:
    cheap, dear = Shop(2), Shop(300)
    assert asyncio.run(dear.total.body(2)) == 600
    assert asyncio.run(cheap.total.body(2)) == 4


def test_a_step_that_is_a_method_is_retried_and_named_as_any_other() -> None:
    runner = StepRunner()
    with pytest.raises(Exception, match="no 7"):
        runner.run(Shop(7).failing)
    assert len(runner.pauses) == 2
    assert {event.step for event in runner.step_events} == {"failing"}


def test_the_context_takes_the_place_of_the_object_in_a_bound_signature() -> None:
    """The SDK reads arguments and result by it."""
    assert list(Shop(1).total.__signature__.parameters) == ["ctx", "count"]
    assert Shop(1).total.__signature__.return_annotation is int
    assert list(Shop.total.__signature__.parameters) == ["ctx", "self", "count"]


class Sale(Shop):
    """A shop with a discount of one."""

    @step(timeout=5)
    async def total(self, count: int) -> int:
        """Take one off what a shop asks for."""
        return await super().total.body(count) - 1


def test_an_object_binds_a_step_once() -> None:
    """Its signature is read then, and not at each call."""
    shop = Shop(1)
    assert shop.total is shop.total
    assert shop.total is not Shop(1).total


class Stall:
    """Has slots only."""

    __slots__ = ()
    total = Shop.total


def test_an_object_with_slots_binds_a_step_at_each_access() -> None:
    stall = Stall()
    assert stall.total.body == stall.total.body


def test_a_step_may_use_the_one_that_it_overrides() -> None:
    sale = Sale(10)
    assert [asyncio.run(sale.total.body(2)) for _ in range(2)] == [19, 19]


def test_an_object_has_one_and_the_same_workflow() -> None:
    """The SDK finds the name and version of a workflow by its identity."""
    shop = Shop(1)
    assert shop.buy is shop.buy
    assert shop.buy is not Shop(1).buy
    assert (shop.buy.name, shop.buy.version, shop.buy.__doc__) == ("buy", 2, "Ask a step.")


def test_a_workflow_of_no_object_is_refused() -> None:
    with pytest.raises(AttributeError, match=r"Shop\.buy is a workflow of an object"):
        _ = cast("Any", Shop).buy


def test_a_method_that_cannot_be_a_workflow_is_refused_when_its_class_is_defined() -> None:
    with pytest.raises(TypeError, match="must be async"):

        class Wrong:
            @workflow(name="wrong")  # type: ignore[arg-type]
            def buy(self, _: Context) -> int:
                return 1
