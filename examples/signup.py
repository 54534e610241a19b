"""A signup: mails over weeks. The workflow sleeps durably, without a worker."""

from datetime import timedelta
from typing import Literal

from durable import Backoff, Context, PermanentError, Until, error_of, step, workflow

from .services import call

type Mail = Literal["welcome", "tips", "we miss you"]

DAILY = Until(backoff=Backoff(first=86_400, factor=1, cap=86_400), max_looks=30)


@step(timeout=10)
async def create_user(email: str) -> str:
    """Create the account; return the user's id."""
    return str(await call("PUT", f"/users/{email}"))


@step(timeout=30)
async def send_mail(user: str, mail: Mail) -> None:
    """Send one of the mails."""
    await call("PUT", f"/mails/{user}/{mail}")


@step(timeout=10)
async def find_first_project(user: str) -> str | None:
    """Return the user's first project, if there is one."""
    found: str | None = await call("GET", f"/projects/{user}")
    return found


@workflow(name="signup", version=1)
async def signup(ctx: Context, email: str) -> str | None:
    """Welcome a user, help after a week, and return the project that the user begins within a month."""
    user = await ctx.run(create_user, email)
    await ctx.run(send_mail, user, "welcome")
    await ctx.sleep(timedelta(days=7))
    await ctx.run(send_mail, user, "tips")
    try:
        return await DAILY.run(ctx, find_first_project, user)
    except PermanentError as error:
        if error_of(error).code != "condition_not_met":
            raise
        await ctx.run(send_mail, user, "we miss you")
        return None
