"""The group `bank`, and workflows of another group that call it by its declarations."""
# mypy: disable-error-code="empty-body"

from datetime import timedelta
from typing import Any

from pydantic import BaseModel

from durable import (
    Chapter,
    Context,
    DurableRetry,
    PermanentError,
    Saga,
    Workflow,
    all_of,
    map_workflows,
    race,
    remote,
    run_chapters,
    step,
    workflow,
)
from durable.testing import Job
from durable.wire.call_record import CallKind

LIMIT = timedelta(minutes=5)


class Balance(BaseModel):
    """What an account has."""

    account: str
    cents: int


class Booking(BaseModel):
    """A change of an account, by a service that has a model of its own."""

    cents: int


@remote(name="bank.read", group="bank")
def read_balance(account: str) -> Balance:
    """Read an account."""


@remote(name="bank.book", group="bank")
def book(account: str, booking: Booking) -> int:
    """Change an account; return what it has then."""


@remote(name="bank.book", group="bank", version=2)
def book_with_text(account: str, booking: Booking, *, text: str = "") -> int:
    """Change an account, and say why."""


@remote(name="bank.count", group="bank")
def count_down(number: int) -> Chapter[int, str]:
    """Count one down."""


@step(timeout=10)
async def change(account: str, cents: int, text: str) -> int:
    """Write it down."""
    if account == "closed":
        raise PermanentError("no_account", f"there is no account {account}")
    return cents + len(text)


class Bank:
    """The group `bank`: its workflows, as methods of an object that holds what they need."""

    def __init__(self, cents: int) -> None:
        self._cents = cents

    @read_balance.served
    async def read(self, ctx: Context, account: str) -> Balance:
        """Read an account."""
        return Balance(account=account, cents=await ctx.run(change, account, self._cents, ""))

    @book.served
    async def book(self, ctx: Context, account: str, booking: Booking) -> int:
        """Change an account, as callers of the first version want it."""
        return self._cents + await ctx.run(change, account, booking.cents, "")

    @book_with_text.served
    async def book_with_text(self, ctx: Context, account: str, booking: Booking, *, text: str = "") -> int:
        """Change an account."""
        return self._cents + await ctx.run(change, account, booking.cents, text)

    @count_down.served
    async def count_down(self, ctx: Context, number: int) -> Chapter[int, str]:
        """Count one down."""
        left = await ctx.run(change, "counter", number - 1, "")
        return Chapter.next(left) if left else Chapter.last("lift off")

    @property
    def workflows(self) -> list[Workflow[..., Any]]:
        """All of them."""
        return [self.read, self.book, self.book_with_text, self.count_down]


@workflow(name="one")
async def call_once(ctx: Context, account: str) -> int:
    """Wait for one call, for some minutes."""
    return (await read_balance(ctx.options(timeout=LIMIT), account)).cents


@workflow(name="as_run")
async def call_as_a_step(ctx: Context, account: str) -> int:
    return (await ctx.run(read_balance, account)).cents


@workflow(name="as_rpc")
async def call_as_a_workflow(ctx: Context, account: str) -> int:
    return (await ctx.rpc(read_balance, account)).cents


@workflow(name="begun")
async def call_beforehand(ctx: Context, account: str) -> int:
    later = read_balance(ctx, account)
    return await book(ctx, account, Booking(cents=3)) + (await later).cents


@workflow(name="versions")
async def call_both_versions(ctx: Context, account: str) -> int:
    old = await book(ctx, account, Booking(cents=3))
    return old + await book_with_text(ctx, account, Booking(cents=3), text="gift")


@workflow(name="all")
async def call_all(ctx: Context, account: str) -> int:
    balance, other = await all_of(ctx, read_balance(ctx, account), book(ctx, account, Booking(cents=3)))
    return balance.cents + other


@workflow(name="first")
async def call_the_first(ctx: Context, account: str) -> int:
    first = await race(ctx, read_balance(ctx, account), ctx.sleep(LIMIT))
    return first.value.cents if first.value else 0


@workflow(name="map")
async def call_for_each(ctx: Context, account: str) -> int:
    batch = await map_workflows(ctx, read_balance, [account] * 3, max_at_once=2)
    return sum(balance.cents for balance in batch.get())


@workflow(name="retried")
async def call_with_retries(ctx: Context, account: str) -> int:
    return (
        await DurableRetry(attempts=3, every_error=True).run(ctx.options(timeout=LIMIT), read_balance, account)
    ).cents


@workflow(name="undone")
async def undo_a_call(ctx: Context, account: str) -> int:
    async with Saga(ctx) as saga:
        saga.undo_with(book, account, Booking(cents=-3))
        await ctx.run(change, "closed", 0, "")
    return 0


@workflow(name="count")
async def call_chapters(ctx: Context, account: str) -> int:
    return len(await run_chapters(ctx, count_down, 3)) + len(account)


def list_calls(job: Job[Any]) -> list[str]:
    """Return the states of the calls of the bank."""
    return [one.state for one in job.operations(kind=CallKind.PART) if one.name.startswith("bank.")]
