"""Mistakes that a type checker finds. If one is no error any more, its `type: ignore` is, and `make check` fails."""
# mypy: disable-error-code="empty-body"

from datetime import timedelta

from pydantic import BaseModel

from durable import (
    Callback,
    Chapter,
    Context,
    DurableRetry,
    Question,
    Saga,
    Until,
    map_steps,
    map_workflows,
    race,
    remote,
    run_chapters,
    step,
    workflow,
)


class Consent(BaseModel):
    """A person's answer."""

    approved: bool


@step(timeout=1)
async def square(number: int) -> int:
    """Return the square."""
    return number * number


@step(timeout=1)
async def find(name: str) -> int | None:
    """Return the number of a name."""
    return len(name) or None


@step(timeout=1)
async def announce(question: Question, subject: str) -> None:
    """Ask."""


@workflow(name="part")
async def part(ctx: Context, number: int) -> str:
    """Return a text."""
    return str(await ctx.run(square, number))


@workflow(name="chapter")
async def chapter(ctx: Context, number: int) -> Chapter[int, str]:
    """Go on until ten."""
    return Chapter.next(number + await ctx.run(square, number)) if number < 10 else Chapter.last("ten")


@remote(name="far", group="elsewhere")
def ask_far(number: int) -> str:
    """Return a text, in another program."""


@ask_far.served  # type: ignore[arg-type]
async def serve_text(_: Context, text: str) -> str:
    """Take another type."""
    return text


@ask_far.served  # type: ignore[arg-type]
async def serve_number(_: Context, number: int) -> int:
    """Return another type."""
    return number


@ask_far.served  # type: ignore[arg-type]
async def serve_more(_: Context, number: int, more: int) -> str:
    """Take more."""
    return str(number + more)


@workflow(name="mistakes")
async def make_mistakes(ctx: Context) -> None:
    """Call the toolkit in wrong ways."""
    await ctx.run(square, "three")  # type: ignore[call-overload]
    text: str = await ctx.run(square, 3)  # type: ignore[call-overload]
    await map_steps(ctx, square, ["three"])  # type: ignore[arg-type]
    text = (await map_steps(ctx, square, [3])).get()[0]  # type: ignore[assignment]
    await map_workflows(ctx, part, ["three"])  # type: ignore[arg-type]
    number: int = (await map_workflows(ctx, part, [3])).get()[0]  # type: ignore[assignment]
    await Until().run(ctx, find, 3)  # type: ignore[arg-type]
    text = await Until().run(ctx, find, "three")  # type: ignore[arg-type]
    await DurableRetry().run(ctx, square, "three")  # type: ignore[arg-type]
    async with Saga(ctx) as saga:
        saga.undo_with(square, "three")  # type: ignore[arg-type]
    approval = Callback(Consent, timeout=timedelta(days=1))
    await approval.ask(ctx, announce, 3)  # type: ignore[arg-type]
    number = await approval.ask(ctx, announce, "holidays")  # type: ignore[assignment]
    number = (await race(ctx, ctx.rpc(part, 3))).get()  # type: ignore[assignment]
    await ask_far(ctx, "three")  # type: ignore[arg-type]
    number = await ask_far(ctx.options(timeout=timedelta(seconds=8)), 3)  # type: ignore[assignment]
    number = await ctx.run(ask_far, 3)  # type: ignore[call-overload]
    await map_workflows(ctx, ask_far, ["three"])  # type: ignore[arg-type]
    await run_chapters(ctx, chapter, "one")  # type: ignore[arg-type]
    number = await run_chapters(ctx, chapter, 1)  # type: ignore[arg-type]
    del text, number
