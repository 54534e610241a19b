"""An expense that a person approves: asked by mail, reminded every three days, rejected after two weeks."""

from datetime import timedelta

from pydantic import BaseModel

from durable import Callback, Context, Question, error_of, step, workflow

from .services import call


class Expense(BaseModel):
    """What a person has paid."""

    id: str
    cents: int


class Approval(BaseModel):
    """What the manager answers."""

    by: str
    approved: bool


APPROVAL = Callback(Approval, timeout=timedelta(days=14), remind_every=timedelta(days=3))


@step(timeout=30)
async def ask_manager(question: Question, expense: Expense) -> None:
    """Mail the manager the question's name, which the answer repeats, and what was wrong with the last answer."""
    body = {"question": question.name, "cents": expense.cents, "wrong": question.refusal}
    await call("PUT", f"/mails/manager/{expense.id}-{question.reminder}", body)


@step(timeout=30)
async def pay_back(expense: Expense, approval: Approval) -> str:
    """Pay the expense; return the payment."""
    return str(await call("PUT", f"/payments/{expense.id}", {"cents": expense.cents, "by": approval.by}))


@workflow(name="reimburse", version=1)
async def reimburse(ctx: Context, expense: Expense) -> str:
    """Return the payment of an expense that the manager approves, or why there is none."""
    try:
        approval = await APPROVAL.with_name(f"expense/{expense.id}").ask(ctx, ask_manager, expense)
    except Exception as error:
        if error_of(error).code != "no_reason":
            raise
        return "no answer"
    return await ctx.run(pay_back, expense, approval) if approval.approved else "rejected"
