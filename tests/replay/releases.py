"""The workflow of orders as several releases have it. `RECORDED_RELEASE` is the one whose jobs are recorded.

Each kind of change that a replay must find is a release here.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from durable import Context, Workflow, map_workflows, workflow

from .orders import (
    Order,
    charge,
    charge_in_a_renamed_function,
    charge_with_currency,
    charge_with_note,
    check_fraud,
    mail,
    pack,
    pack_after_check,
    reserve,
    send_item,
    send_item_after_check,
    take_payment,
)

PAUSE = timedelta(seconds=0.01)

type _Call = Callable[[Context, Order], Awaitable[Any]]


async def _reserve(ctx: Context, order: Order) -> str:
    return await ctx.run(reserve, order)


def _charge(fn: Any = charge, *, twice: bool = False) -> _Call:  # noqa: ANN401 one of the steps
    async def call(ctx: Context, order: Order) -> str:
        charged = await ctx.run(fn, order, order.cents * (2 if twice else 1))
        return str(charged.payment)

    return call


def _sleep(pause: timedelta = PAUSE) -> _Call:
    return lambda ctx, _: ctx.sleep(pause)


def _pack(packing: Workflow[[Order], int] = pack) -> _Call:
    return lambda ctx, order: ctx.run(packing, order)


async def _pack_elsewhere(ctx: Context, order: Order) -> int:
    return await ctx.rpc(pack, order)


def _send_by(part: Workflow[[int], int]) -> _Call:
    async def send(ctx: Context, _: Order) -> list[int]:
        return (await map_workflows(ctx, part, [1, 2, 3], max_at_once=2)).get()

    return send


_send_items = _send_by(send_item)


async def _mail(ctx: Context, order: Order) -> str:
    return await ctx.run(mail, order, "shipped")


async def _check(ctx: Context, order: Order) -> bool:
    return await ctx.run(check_fraud, order)


def release(*calls: _Call, name: str = "order", version: int = 1, separator: str = " ") -> Workflow[[Order], str]:
    """Return the workflow with these calls."""

    @workflow(name=name, version=version)
    async def place_order(ctx: Context, order: Order) -> str:
        return separator.join([str(await call(ctx, order)) for call in calls])

    return place_order


@workflow(name="order", version=1)
async def place_order_in_other_words(ctx: Context, order: Order) -> str:
    """Make the recorded calls in other code."""

    async def pay() -> str:
        return (await ctx.run(charge, order, order.cents)).payment

    results: list[Any] = [await ctx.run(reserve, order), await pay()]
    await ctx.sleep(timedelta(milliseconds=10))
    results += [None, *[await fn(ctx, order) for fn in (_pack(), _send_items)]]
    return f"{' '.join(map(str, results))} {await ctx.run(mail, order, 'shipped')}"


RECORDED_RELEASE = release(_reserve, _charge(), _sleep(), _pack(), _send_items, _mail)
OTHERS: list[Workflow[..., Any]] = [send_item, pack]
WORKFLOWS: list[Workflow[..., Any]] = [RECORDED_RELEASE, *OTHERS]
SAME_RELEASES = {
    "the recorded code": RECORDED_RELEASE,
    "a refactored body": place_order_in_other_words,
    "a renamed function whose step has its name": release(
        _reserve, _charge(charge_in_a_renamed_function), _sleep(), _pack(), _send_items, _mail
    ),
    "a result with a new field that has a default": release(
        _reserve, _charge(charge_with_note), _sleep(), _pack(), _send_items, _mail
    ),
}
NOW = ", and the code now calls"
RAISE = "raise the version of order, which was recorded as 1"
# The place of the difference, and how its sentence begins.
CHANGED_RELEASES: dict[str, tuple[Workflow[..., Any], str, str]] = {
    "inserted": (
        release(_reserve, _check, _charge(), _sleep(), _pack(), _send_items, _mail),
        ":2", f"it was recorded as step 'charge'{NOW} step 'check_fraud' there",
    ),
    "reordered": (
        release(_charge(), _reserve, _sleep(), _pack(), _send_items, _mail),
        ":1", f"it was recorded as step 'reserve'{NOW} step 'charge' there",
    ),
    "renamed": (
        release(_reserve, _charge(take_payment), _sleep(), _pack(), _send_items, _mail),
        ":2", f"it was recorded as step 'charge'{NOW} step 'take_payment' there",
    ),
    "removed": (
        release(_reserve, _sleep(), _pack(), _send_items, _mail),
        ":2", f"it was recorded as step 'charge'{NOW} sleep 'sleep' there",
    ),
    "removed at the end": (
        release(_reserve, _charge(), _sleep(), _pack(), _send_items),
        ":6", "it was recorded as step 'mail', and the code now ends after scope 'parts of send_item' (job:5)",
    ),
    "appended": (
        release(_reserve, _charge(), _sleep(), _pack(), _send_items, _mail, _check),
        ":7", "the code now calls step 'check_fraud' there, after the last recorded call, step 'mail' (job:6)",
    ),
    "as a task of its own": (
        release(_reserve, _charge(), _sleep(), _pack_elsewhere, _send_items, _mail),
        ":4", f"it was recorded as workflow 'pack'{NOW} part 'pack' there",
    ),
    "inserted in a workflow within the task": (
        release(_reserve, _charge(), _sleep(), _pack(pack_after_check), _send_items, _mail),
        ":4.1", f"it was recorded as step 'ship'{NOW} step 'check_fraud' there",
    ),
    "other arguments": (
        release(_reserve, _charge(twice=True), _sleep(), _pack(), _send_items, _mail),
        ":2", "step 'charge' now has other arguments than those recorded",
    ),
    "a longer sleep": (
        release(_reserve, _charge(), _sleep(PAUSE * 2), _pack(), _send_items, _mail),
        ":3", "sleep 'sleep' was recorded to last 0.01 s, and now lasts 0.02 s",
    ),
    "another result": (
        release(_reserve, _charge(), _sleep(), _pack(), _send_items, _mail, separator="/"),
        "", "workflow 'order' was recorded as resolved 'reservation-1 p1 None",
    ),
    "a result with a new field that has no default": (
        release(_reserve, _charge(charge_with_currency), _sleep(), _pack(), _send_items, _mail),
        ":2", "the recorded result of step 'charge' cannot be read as the type of today, ",
    ),
}  # fmt: skip
AFTER_CHECK: list[Workflow[..., Any]] = [
    release(_reserve, _charge(), _sleep(), _pack(), _send_by(send_item_after_check), _mail),
    send_item_after_check,
    pack,
]
place_order_and_check: list[Workflow[..., Any]] = [
    release(_check, _charge(), _sleep(), _pack(), _send_items, _mail),
    *OTHERS,
]
