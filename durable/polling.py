"""Wait until a step finds something, with durable pauses between its looks: for hours or weeks, without a worker.

    payment = await Until(backoff=Backoff(first=60, cap=3_600), max_looks=100).run(ctx, find_payment, order)

Each look is a checkpoint. Looks are grouped in scopes, and a run that resumes reads one checkpoint for each complete
group. So a look costs the same after any number of looks.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

from resonate.context import Context

from .errors import ErrorCode, PermanentError
from .named_context import NamedContext
from .retry import Backoff
from .scopes import Scope
from .steps import Step

_GROUP_SIZE: Final = 20  # looks
_DEFAULT_BACKOFF: Final = Backoff(first=5, factor=1.5)


@dataclass(frozen=True, kw_only=True)
class Until:
    """How often a step looks; it returns None while there is nothing."""

    backoff: Backoff = _DEFAULT_BACKOFF
    max_looks: int = 1_000

    def __post_init__(self) -> None:
        if self.max_looks < 1:
            raise ValueError(f"max_looks must be at least 1, not {self.max_looks}")

    async def run[**P, T](self, ctx: Context, step: Step[P, T | None], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the step finds. Raises PermanentError with the code `condition_not_met` after the last look."""
        looks = range(1, self.max_looks + 1)
        for group in (looks[start : start + _GROUP_SIZE] for start in range(0, self.max_looks, _GROUP_SIZE)):
            look = partial(self._look, group, step, args, kwargs)
            name = f"{step.__name__}, looks from {group[0]}"  # the same when `max_looks` is another
            found = await ctx.run(Scope[list[T]](name, list[step.__signature__.return_annotation], look))  # type: ignore[name-defined]
            if found:
                return found[0]
        message = f"{step.__name__} found nothing in {self.max_looks} looks"
        raise PermanentError(ErrorCode.CONDITION_NOT_MET, message)

    async def _look(self, looks: range, step: Any, args: Any, kwargs: Any, ctx: NamedContext) -> list[Any]:  # noqa: ANN401 as run
        """Return what one of these looks finds, in a list that is empty if none does."""
        for number in looks:
            found = await ctx.run(step, *args, **kwargs)
            if found is not None:
                return [found]
            if number < self.max_looks:
                await ctx.sleep(timedelta(seconds=self.backoff.pause(number)))
        return []
