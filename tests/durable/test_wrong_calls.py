"""A call with wrong arguments is an error of the workflow, which can handle it as any other."""

from collections.abc import Callable
from typing import Any

import pytest

from durable import Context, Saga, step, workflow
from durable.testing import WorkflowTest


@step(timeout=5)
async def book(trip: str) -> str:
    return f"booking of {trip}"


@step(timeout=5)
async def cancel(trip: str) -> str:
    return f"canceled {trip}"


@workflow(name="handle")
async def handle(ctx: Context, arguments: list[Any]) -> str:
    try:
        return await ctx.run(book, *arguments)
    except Exception:  # noqa: BLE001 any error
        return await ctx.run(cancel, "trip")


@workflow(name="undo")
async def undo(ctx: Context, arguments: list[Any]) -> str:
    async with Saga(ctx) as saga:
        saga.undo_with(cancel, "trip")
        return await ctx.run(book, *arguments)


@pytest.mark.parametrize("arguments", [[], ["a", "b"]], ids=["too few", "too many"])
def test_a_step_follows_a_call_with_wrong_arguments(
    workflow_test: Callable[..., WorkflowTest], arguments: list[str]
) -> None:
    test = workflow_test(handle, undo)
    assert test.start(handle, arguments).result() == "canceled trip"
    assert "argument" in test.start(undo, arguments).error().message
    assert test.begun == {"cancel": 2}
