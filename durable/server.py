"""What may be asked of the server beside a job's own steps: which promises there are, and that a job begin.

A port, so that whoever asks can be tested without a server. It neither settles nor deletes: what ends a job is the job.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from .workflows import Workflow

type PromiseState = Literal["pending", "resolved", "rejected", "rejected_canceled", "rejected_timedout"]


@dataclass(frozen=True, kw_only=True)
class PromiseSummary:
    """A promise, as far as one looks for it."""

    id: str
    tags: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class RootPromise:
    """A job for the worker's own group: what it is to run, and what it is to be found by."""

    id: str
    workflow: Workflow[..., Any]
    args: tuple[Any, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    lifetime: float  # seconds; then it has failed, wherever it is


class Server(Protocol):
    """The server that a worker is connected to. It answers when it can: a request is repeated until then."""

    def find(self, tags: Mapping[str, str], *, state: PromiseState | None = None) -> AsyncIterator[PromiseSummary]:
        """Give every promise with these tags, page by page."""

    async def start(self, root: RootPromise) -> None:
        """Begin a job, unless its id is known already."""


@dataclass(frozen=True, kw_only=True)
class PeriodicTask:
    """Something that every worker does now and then, beside its jobs. Twice at once must be no harm."""

    name: str
    interval: float  # seconds
    run: Callable[[Server], Awaitable[None]]
