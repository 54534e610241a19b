"""The group `workers`: jobs that call the database of another group, and ask a person."""

import logging
from datetime import timedelta
from typing import Any, Final

from pydantic import BaseModel

from durable import (
    Backoff,
    Callback,
    Context,
    DurableRetry,
    PermanentError,
    Question,
    Workflow,
    all_of,
    job_log,
    step,
    workflow,
)

from .agreement import Account, Accounts, Outcome, Review, get_account, name_question, save_outcome

DATABASE_LIMIT = timedelta(minutes=1)  # for a call: if its worker crashes, another one begins after a lease of 15 s
APPROVAL = Callback(bool, timeout=timedelta(days=1))
# Before an approval a failure costs nothing, and after it the outcome must be kept: for six hours, for instance.
UNTIL_SAVED = DurableRetry(backoff=Backoff(first=5, factor=3, cap=3_600), attempts=12, every_error=True)
_LOG: Final = job_log(__name__)


class Report(BaseModel, frozen=True):
    """How a job has ended."""

    outcome: Outcome
    owner: str


@step(timeout=10)
async def assess(account: Account) -> Outcome:
    """Find out whether an account is a risk."""
    return Outcome(account_id=account.id, is_risky=account.cents < 0)


@step(timeout=10)
async def announce(question: Question) -> None:
    """Tell the approver; here the worker's log does."""
    logging.getLogger(__name__).info("POST /webhooks/approval answers %s", question.name)


@workflow(name="process-job", version=1)
async def process_job(ctx: Context, review: Review) -> Report:
    """Assess an account; a person must approve a risky one."""
    account = await get_account(ctx.options(timeout=DATABASE_LIMIT), review.account_id)
    outcome = await ctx.run(assess, account)
    if outcome.is_risky and not await APPROVAL.with_name(name_question(ctx.info.id)).ask(ctx, announce):
        raise PermanentError("rejected", f"the approver rejected account {account.id}")
    await UNTIL_SAVED.run(ctx.options(timeout=DATABASE_LIMIT), save_outcome, ctx.info.id, outcome)
    return Report(outcome=outcome, owner=account.owner)


@workflow(name="total-balance", version=1)
async def total_balance(ctx: Context, accounts: Accounts) -> int:
    """Add up what accounts have, in cents; they are read at the same time."""
    limited = ctx.options(timeout=DATABASE_LIMIT)
    read = await all_of(ctx, *[get_account(limited, account_id) for account_id in accounts.account_ids])
    return sum(account.cents for account in read)


WORKFLOWS: Final[list[Workflow[..., Any]]] = [process_job, total_balance]
