"""The types, steps and small workflows of orders, as they are and as later releases change them."""

import asyncio

from pydantic import BaseModel

from durable import Context, PermanentError, step, workflow


class Order(BaseModel):
    id: str
    cents: int = 10


class Charge(BaseModel):
    payment: str


class ChargeWithNote(BaseModel):
    """A field with a default: records without it can be read."""

    payment: str
    note: str = ""


class ChargeWithCurrency(BaseModel):
    """A required field: records without it cannot be read."""

    payment: str
    currency: str


@step(timeout=30)
async def reserve(order: Order) -> str:
    return f"reservation-{order.id}"


@step(timeout=30)
async def charge(order: Order, cents: int) -> Charge:
    if not cents:
        raise PermanentError("nothing_to_charge", order.id)
    return Charge(payment="p1")


@step(timeout=30, name="charge")
async def charge_with_note(order: Order, cents: int) -> ChargeWithNote:
    return ChargeWithNote(payment=f"{order.id} {cents}")


@step(timeout=30, name="charge")
async def charge_with_currency(order: Order, cents: int) -> ChargeWithCurrency:
    return ChargeWithCurrency(payment=f"{order.id} {cents}", currency="EUR")


@step(timeout=30)
async def take_payment(order: Order, cents: int) -> Charge:
    return await charge.body(order, cents)


@step(timeout=30, name="charge")
async def charge_in_a_renamed_function(order: Order, cents: int) -> Charge:
    return await charge.body(order, cents)


@step(timeout=30)
async def check_fraud(order: Order) -> bool:
    return not order.cents


@step(timeout=30)
async def ship(order: Order, item: int) -> int:
    return item + len(order.id)


@step(timeout=30)
async def mail(order: Order, what: str) -> str:
    return f"{order.id} {what}"


@workflow(name="send_item", version=1)
async def send_item(ctx: Context, item: int) -> int:
    """Send one item, as a task of its own."""
    return await ctx.run(ship, Order(id="part"), item)


@workflow(name="send_item", version=1)
async def send_item_after_check(ctx: Context, item: int) -> int:
    await ctx.run(check_fraud, Order(id="part"))
    return await ctx.run(ship, Order(id="part"), item)


@workflow(name="order", version=1)
async def place_order_and_wait(ctx: Context, order: Order) -> str:
    await ctx.run(reserve, order)
    await asyncio.Event().wait()  # durable: allow D12 the mistake is what the test is about
    return ""


@workflow(name="pack", version=1)
async def pack(ctx: Context, order: Order) -> int:
    """Pack, within the caller's task."""
    return await ctx.run(ship, order, 1)


@workflow(name="pack", version=1)
async def pack_after_check(ctx: Context, order: Order) -> int:
    await ctx.run(check_fraud, order)
    return await ctx.run(ship, order, 1)
