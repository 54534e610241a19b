"""Questions to somebody outside: a workflow makes a promise, has a step tell of it, and waits until it is settled.

The wait holds nothing and may last for weeks. The time for it runs from the making of the promise, whose id the telling
needs: so it must be long beside a telling that is tried again, and what is told as its end is late by as much as that
took. What comes back was written by others. It is any JSON, so whoever asks looks at it before using it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Concatenate

from resonate.context import Context
from resonate.error import ApplicationError

from .errors import JobError, error_of


@dataclass(frozen=True, kw_only=True)
class Question:
    """The promise that whoever answers is to settle, for how many seconds it is open, and when the job itself ends."""

    promise: str
    lifetime: float
    latest: float  # seconds since 1970

    def until(self, now: float) -> float:
        """Return the moment until which an answer counts, if the promise was made just now."""
        return min(now + self.lifetime, self.latest)


@dataclass(frozen=True, kw_only=True)
class Answer[T]:
    """What the telling step returned, and what the promise was settled with: a value, or why there is none."""

    told: T
    value: Any = None
    refusal: JobError | None = None  # it was rejected, or nobody settled it in time


async def ask[**P, T](
    ctx: Context,
    lifetime: float,
    tell: Callable[Concatenate[Context, Question, P], Awaitable[T]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Answer[T]:
    """Have a step tell of a question that is open for so many seconds, and wait for the answer."""
    promise = ctx.promise(timeout=timedelta(seconds=lifetime))
    latest = ctx.info.timeout_at / 1_000
    question = Question(promise=await promise.id(), lifetime=lifetime, latest=latest)
    told = await ctx.run(tell, question, *args, **kwargs)
    try:
        return Answer(told=told, value=await promise)
    except ApplicationError as exc:
        return Answer(told=told, refusal=error_of(exc))
