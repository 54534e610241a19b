"""Runs a step for each piece of a request on the workers of a group, and gathers the results in bundles.

A workflow that awaits parts on other workers is replayed whenever one ends, and each replay brings their results along:
they must be few, and small. `FanOut` awaits at most sixteen: it bundles more pieces than that, each bundle is a part
with a task of its own, and a step gathers its results into one.
"""

from collections.abc import Sequence
from typing import Final, Protocol, Self

from resonate.context import Context

from .deadline import work_until
from .durable_retries import run_with_durable_retries
from .mapping import map_workflows
from .steps import Step
from .workflows import Workflow

MAX_PARTS: Final = 16  # awaited by one workflow
_MIN_BUNDLE_SIZE: Final = 8  # pieces; each bundle costs another workflow and another step


class Pieces(Protocol):
    """A request for one or more pieces of the same kind of work."""

    @property
    def until(self) -> float:
        """The deadline of all work on it, in seconds since 1970."""

    @property
    def size(self) -> int:
        """The number of pieces."""

    def split(self, size: int) -> Sequence[Self]:
        """Return requests for `size` pieces each; the last one may have fewer."""


class FanOut[A: Pieces, R]:
    """Runs a step for each piece of a request: `results = await fan_out(ctx, request)`.

    A worker of `group` runs each piece with durable retries. More than sixteen pieces are bundled, and a second step
    gathers the results of a bundle into one. `workflow` runs a piece or a bundle, and must be registered with workers
    of the caller's group and of `group`.
    """

    def __init__(  # noqa: PLR0913 keyword-only
        self,
        *,
        name: str,
        version: int,
        run: Step[[A], R],
        gather: Step[[A, tuple[R, ...]], R],
        concurrency: int,
        group: str,
        min_run_seconds: float = 0.0,
    ) -> None:
        """`concurrency` limits the pieces that run at a time.

        A run that begins late has `min_run_seconds`, whatever the deadline in its request.
        """

        async def part(ctx: Context, request: A) -> R:
            with work_until(request.until, at_least=min_run_seconds):
                if request.size == 1:
                    return await run_with_durable_retries(ctx, run, request)
                results = tuple(await self._run_pieces(ctx, request, bundle_concurrency))
                return await run_with_durable_retries(ctx, gather, request, results)

        part.__signature__ = run.__signature__  # type: ignore[attr-defined] # the SDK reads its types
        # Two bundles at a time, so that the second keeps workers busy while the first one ends.
        bundle_concurrency = max(1, concurrency // 2)
        self._bundles: Final = concurrency // bundle_concurrency
        self._concurrency: Final = concurrency
        self._group: Final = group
        self.workflow: Final[Workflow[[A], R]] = Workflow(part, name, version)

    async def __call__(self, ctx: Context, request: A) -> list[R]:
        """Return the result of each piece, or of each bundle of pieces, in order."""
        if request.size <= MAX_PARTS:
            return await self._run_pieces(ctx, request, self._concurrency)
        bundles = min(MAX_PARTS, -(-request.size // _MIN_BUNDLE_SIZE))
        parts = request.split(-(-request.size // bundles))
        return (await map_workflows(ctx, self.workflow, parts, max_at_once=self._bundles)).get()

    async def _run_pieces(self, ctx: Context, request: A, concurrency: int) -> list[R]:
        pieces = request.split(1)
        return (await map_workflows(ctx, self.workflow, pieces, max_at_once=concurrency, group=self._group)).get()
