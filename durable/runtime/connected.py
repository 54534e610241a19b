"""The server port, over the connection that the worker has anyway."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Final

from resonate.codec import Codec
from resonate.connections.sse import resolve_target
from resonate.send import Sender
from resonate.types import PromiseCreateReq

from durable.server import PromiseSummary, RootPromise, State

_PAGE: Final = 1_000  # the most that the server gives at a time


class ConnectedServer:
    """Times of `clock` are in seconds since 1970; jobs begin in the group."""

    def __init__(self, sender: Sender, codec: Codec, group: str, clock: Callable[[], float]) -> None:
        self._sender: Final = sender
        self._codec: Final = codec
        self._group: Final = group
        self._clock: Final = clock

    async def find(self, tags: Mapping[str, str], *, state: State | None = None) -> AsyncIterator[PromiseSummary]:
        """Give every promise with these tags, page by page."""
        after: str | None = None
        while True:
            page = await self._sender.promise_search(state, dict(tags), _PAGE, after)
            for record in page.promises:
                yield PromiseSummary(id=record.id, tags=record.tags)
            after = page.cursor
            if after is None:
                return

    async def start(self, root: RootPromise) -> None:
        """Begin a job, unless its id is known already."""
        await self._sender.promise_create(self.creation(root, resolve_target(self._group)))

    def creation(self, root: RootPromise, target: str) -> PromiseCreateReq:
        """Return the request that has it run at an address."""
        call = {
            "func": root.workflow.name,
            "args": root.args,
            "kwargs": {},
            "version": root.workflow.version,
        }
        own = {f"resonate:{name}": root.id for name in ("origin", "branch", "parent")}
        return PromiseCreateReq(
            id=root.id,
            timeout_at=int((self._clock() + root.lifetime) * 1000),
            param=self._codec.encode(call),
            tags={**root.tags, **own, "resonate:scope": "global", "resonate:target": target},
        )
