"""Workflows for the kit's tests, as a user of the toolkit writes them."""

from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from resonate.context import Context

from durable import Callback, PermanentError, Question, Retry, Workflow, map_workflows, step, workflow


class User(BaseModel):
    """A value with a type of its own."""

    id: str
    email: str


@step(timeout=30)
async def create_user(email: str) -> User:
    """Return a new user."""
    return User(id=f"id of {email}", email=email)


@step(timeout=30, retry=Retry(attempts=5, first=1.0))
async def send_mail(email: str, subject: str) -> str:
    """Return what was sent."""
    return f"{subject} to {email}"


@workflow(name="signup")
async def signup(ctx: Context, email: str) -> User:
    """Greet a new user now and after a week."""
    user = await ctx.run(create_user, email)
    await ctx.run(send_mail, email, "welcome")
    await ctx.sleep(timedelta(days=7))
    await ctx.run(send_mail, email, "how is it going")
    return user


@step(timeout=30)
async def announce(question: Question, subject: str) -> str:
    """Return the promise to settle."""
    return f"{subject}: {question.promise}"


DECISION = Callback[object](object, timeout=timedelta(days=3))


@workflow(name="approval")
async def approval(ctx: Context, subject: str) -> str:
    """Ask a person for a decision within three days."""
    answer = await DECISION.ask_once(ctx, announce, subject)
    return f"refused: {answer.error.code}" if answer.error else f"answered: {answer.value}"


@workflow(name="part")
async def greet_later(ctx: Context, number: int) -> str:
    """Send a mail after so many hours."""
    await ctx.sleep(timedelta(hours=number))
    return await ctx.run(send_mail, str(number), "part")


@workflow(name="parts")
async def run_all(ctx: Context, count: int) -> list[str]:
    """Run parts as tasks of their own."""
    return (await map_workflows(ctx, greet_later, range(count), max_at_once=2)).get()


@step(timeout=30)
async def reserve(order: str) -> str:
    """Return a reservation."""
    return f"reservation of {order}"


@step(timeout=30)
async def ship(order: str) -> str:
    """Fail, as there is nothing to ship."""
    raise PermanentError("out_of_stock", f"{order} cannot be shipped")


@step(timeout=30)
async def release(reservation: str) -> None:
    """Undo a reservation."""


@workflow(name="order")
async def place_order(ctx: Context, order: str) -> str:
    """Reserve and ship; undo the reservation if that fails."""
    reservation = await ctx.run(reserve, order)
    try:
        return await ctx.run(ship, order)
    except Exception:
        await ctx.run(release, reservation)
        raise


@step(timeout=30, retry=Retry(attempts=3, first=20.0, cap=60.0))
async def call_slowly() -> str:
    """Return a word."""
    return "done"


@workflow(name="patient")
async def wait_in_memory(ctx: Context) -> str:
    """Run a step whose pauses are longer than a lease."""
    return await ctx.run(call_slowly)


WITH_THE_KIT: list[Workflow[..., Any]] = [signup, approval, run_all, greet_later, place_order]
