"""A sequence without an end, in chapters: each is a workflow with a history of its own, and says how the next begins.

    answer = await run_chapters(ctx, talk, Talk(goal=goal))

Other systems call it continue-as-new. The job keeps its promise and its id. Chapters are grouped in scopes: a run that
resumes after the thousandth chapter reads one checkpoint for each complete group. If the job is canceled, the chapter
under way ends, and no other begins.
"""

from functools import partial
from typing import Any, Final

from pydantic import BaseModel
from resonate.context import Context

from .callees import Callee
from .named_context import NamedContext
from .scopes import Scope

_GROUP_SIZE: Final = 20  # chapters


class Chapter[S, R](BaseModel, frozen=True):
    """The end of a chapter: the state for the next chapter, or the final result."""

    state: S | None = None
    result: R | None = None
    is_last: bool = False

    def begin_next(self) -> S:
        """Return the state that the next chapter begins with."""
        return self.state  # type: ignore[return-value] # of a chapter that is not the last, an S, which may be None

    @staticmethod
    def next[T](state: T) -> "Chapter[T, Any]":
        """Return the end of a chapter that another one follows."""
        return Chapter(state=state)

    @staticmethod
    def last[T](result: T) -> "Chapter[Any, T]":
        """Return the end of the last chapter."""
        return Chapter(result=result, is_last=True)


async def run_chapters[S, R](
    ctx: Context, workflow: Callee[[S], Chapter[S, R]], state: S, *, group: str | None = None
) -> R:
    """Run a workflow again and again, until it ends with the last chapter; return its result.

    Each chapter is a task of its own for the workers of `group`, by default those of the workflow or of the caller.
    """
    first, chapter = 1, Chapter[S, R](state=state)
    while not chapter.is_last:
        run_group = partial(_run_group, workflow, chapter.begin_next(), group)
        name = f"{workflow.name}, chapters from {first}"
        chapter = await ctx.run(Scope(name, workflow.__signature__.return_annotation, run_group))
        first += _GROUP_SIZE
    return chapter.result  # type: ignore[return-value] # of the last chapter, so it is an R, which may be None


async def _run_group[S, R](
    workflow: Callee[[S], Chapter[S, R]], state: S, group: str | None, ctx: NamedContext
) -> Chapter[S, R]:
    """Run chapters until the last one, or until the group is full."""
    chapter = Chapter[S, R](state=state)
    for _ in range(_GROUP_SIZE):
        chapter = await ctx.options(target=group).rpc(workflow, chapter.begin_next())
        if chapter.is_last:
            break
    return chapter
