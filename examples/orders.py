"""An order: reserve, charge, ship. What was done is undone if a later step fails."""

from pydantic import BaseModel

from durable import Context, Saga, run_with_durable_retries, step, workflow

from .services import call


class Order(BaseModel):
    """What a customer wants."""

    id: str
    item: str
    cents: int


@step(timeout=10)
async def reserve(order: Order) -> str:
    """Take the item out of stock; return the reservation."""
    return str(await call("PUT", f"/reservations/{order.id}", {"item": order.item}))


@step(timeout=10)
async def release(reservation: str) -> None:
    """Put the item back."""
    await call("DELETE", f"/reservations/{reservation}")


@step(timeout=30)
async def charge(order: Order) -> str:
    """Charge the customer; return the payment."""
    return str(await call("PUT", f"/payments/{order.id}", {"cents": order.cents}))


@step(timeout=30)
async def refund(payment: str) -> None:
    """Give the money back."""
    await call("DELETE", f"/payments/{payment}")


@step(timeout=30)
async def ship(order: Order) -> str:
    """Hand the item to the carrier; return the parcel."""
    return str(await call("PUT", f"/parcels/{order.id}", {"item": order.item}))


@workflow(name="place_order", version=1)
async def place_order(ctx: Context, order: Order) -> str:
    """Return the parcel of an order."""
    async with Saga(ctx) as saga:
        reservation = await ctx.run(reserve, order)
        saga.undo_with(release, reservation)
        payment = await run_with_durable_retries(ctx, charge, order)
        saga.undo_with(refund, payment)
        return await run_with_durable_retries(ctx, ship, order)
