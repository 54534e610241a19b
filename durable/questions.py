"""Questions to people or systems outside: a workflow makes a promise, a step announces it, and the workflow waits.

The wait occupies no worker and may last for weeks. The lifetime starts when the promise is made. Retries of the
announcement delay the end that it states, but not the real one, so choose a lifetime much longer than these retries.
The answer is untrusted JSON: check it before use.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Concatenate

from resonate.context import Context
from resonate.error import ApplicationError

from .errors import JobError, error_of
from .named_context import with_name


@dataclass(frozen=True, kw_only=True)
class Question:
    """The promise to settle, how many seconds it is open, and when the job itself ends."""

    promise: str
    lifetime: float
    latest: float  # seconds since 1970

    def until(self, now: float) -> float:
        """Return the moment until which an answer counts, if the promise was made `now`."""
        return min(now + self.lifetime, self.latest)


@dataclass(frozen=True, kw_only=True)
class Answer[T]:
    """The announcing step's result, and the value of the promise or why it has none."""

    notice: T
    value: Any = None
    refusal: JobError | None = None  # the promise was rejected, or its lifetime is over


async def ask[**P, T](
    ctx: Context,
    lifetime: float,
    announce: Callable[Concatenate[Context, Question, P], Awaitable[T]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Answer[T]:
    """Announce a question by a step, and wait for the answer for `lifetime` seconds."""
    promise = with_name(ctx, getattr(announce, "__name__", "question")).promise(timeout=timedelta(seconds=lifetime))
    latest = ctx.info.timeout_at / 1_000
    question = Question(promise=await promise.id(), lifetime=lifetime, latest=latest)
    notice = await ctx.run(announce, question, *args, **kwargs)
    try:
        return Answer(notice=notice, value=await promise)
    except ApplicationError as exc:
        return Answer(notice=notice, refusal=error_of(exc))
