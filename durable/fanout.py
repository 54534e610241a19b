"""Parts of a job that any worker of a group may run, several at a time.

The caller is suspended meanwhile and occupies no worker. It is replayed whenever a part ends, and each replay sends the
requests and results of all its parts over the wire: parts must be few, and their requests and results small. `FanOut`
awaits at most sixteen parts: it bundles more pieces than that, and each bundle is a part.

All parts together are one step of the caller's sequence. How many parts were started when one fails is chance, so the
caller must not depend on it.
"""

from collections.abc import Sequence
from typing import Any, Final, Protocol, Self

from resonate.context import Context, ResonateFuture
from resonate.error import ApplicationError, Suspended

from .deadline import work_until
from .durable_retries import run_with_durable_retries
from .scopes import Scope
from .steps import Step
from .workflows import Workflow

MAX_PARTS: Final = 16  # awaited by one workflow, which makes some hundred requests in all
_MIN_BUNDLE_SIZE: Final = 8  # pieces; a bundle costs a workflow and a step of its own


async def run_parts[A, R](
    ctx: Context, part: Workflow[[A], R], requests: Sequence[A], *, concurrency: int, group: str | None = None
) -> list[R]:
    """Run a workflow for each request on workers of a group, or of the caller's own; return the results in order.

    When a part fails, no more are started, and the first failure is raised once the running ones have ended. A part
    that was started to replace a later one may still be running then; it finishes on its own.
    """
    returned: Any = part.__signature__.return_annotation
    parts = _Parts(part, requests, concurrency, group)
    return await ctx.run(Scope(f"parts of {part.name}", list[returned], parts.run))


class _Parts[A, R]:
    """The parts of one call."""

    def __init__(self, part: Workflow[[A], R], requests: Sequence[A], concurrency: int, group: str | None) -> None:
        self._part: Final = part
        self._requests: Final = requests
        self._concurrency: Final = concurrency
        self._group: Final = group

    async def run(self, ctx: Context) -> list[R]:
        """Start parts and await them, again and again until all have ended."""
        in_group = ctx.options(target=self._group)
        started: list[ResonateFuture[R]] = []
        results: list[R] = []
        failure: ApplicationError | None = None
        running = 0
        while not failure and len(started) < len(self._requests) and running < self._concurrency:
            free = self._concurrency - running
            futures = [in_group.rpc(self._part, request) for request in self._requests[len(started) :][:free]]
            started += futures
            for future in futures:
                try:
                    results.append(await future)
                except ApplicationError as exc:
                    failure = failure or exc
                except Suspended:  # durable: allow D14 raised below; only the number of running parts matters
                    running += 1
        if running:
            raise Suspended
        if failure:
            raise failure
        return results


class Pieces(Protocol):
    """A request for one or more pieces of work that are alike."""

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
    ) -> None:
        """`concurrency` limits the pieces that run at a time."""

        async def part(ctx: Context, request: A) -> R:
            with work_until(request.until):
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
        return await run_parts(ctx, self.workflow, parts, concurrency=self._bundles)

    async def _run_pieces(self, ctx: Context, request: A, concurrency: int) -> list[R]:
        return await run_parts(ctx, self.workflow, request.split(1), concurrency=concurrency, group=self._group)
