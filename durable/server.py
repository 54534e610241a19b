"""The server as a periodic task sees it: it can find promises and start jobs.

It is a port, so that tests need no server. It neither settles nor deletes promises: only a job ends itself.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from .promises import PromiseState, RootPromise


@dataclass(frozen=True, kw_only=True)
class PromiseSummary:
    """A promise that a search found."""

    id: str
    tags: Mapping[str, str]


class Server(Protocol):
    """The server that a worker is connected to. Requests are retried until it answers."""

    def find(self, tags: Mapping[str, str], *, state: PromiseState | None = None) -> AsyncIterator[PromiseSummary]:
        """Yield every promise with these tags, page by page."""

    async def start(self, root: RootPromise) -> None:
        """Start a job, unless its id is known already."""


@dataclass(frozen=True, kw_only=True)
class PeriodicTask:
    """A task that every worker runs beside its jobs. Two workers may run it at the same time."""

    name: str
    interval: float  # seconds
    run: Callable[[Server], Awaitable[None]]
