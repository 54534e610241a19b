"""The connection of one worker to the server: its stream of messages, its requests, and the port for periodic tasks."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Final

from resonate.codec import Codec
from resonate.connections.sse import resolve_target
from resonate.observability import noop_observer
from resonate.transport import Message, Transport
from resonate.types import PromiseCreateReq

from durable.clock import Clock
from durable.promises import PromiseState
from durable.run import Runs
from durable.server import PromiseSummary, RootPromise

from .network import BoundedNetwork
from .sender import RunSender
from .server_promises import ServerPromises
from .settings import Settings
from .stream import EventStream

_PAGE_SIZE: Final = 1_000  # promises; the server's maximum


class Connection:
    """Implements the `Server` port. New jobs go to the worker's own group."""

    def __init__(
        self, settings: Settings, clock: Clock, codec: Codec, *, runs: Runs, fail: Callable[[str], None]
    ) -> None:
        self._group: Final = settings.group
        self._clock: Final = clock
        self._codec: Final = codec
        self.network: Final = BoundedNetwork(settings, clock, fail)
        self.stream: Final = EventStream(settings, clock, fail)
        self._transport: Final = Transport(self.network, [self.stream], noop_observer)
        self.sender: Final = RunSender(self._transport, settings.token, runs, clock.monotonic)
        self.promises: Final = ServerPromises(self.sender, codec)

    async def open(self, deliver: Callable[[Message], None]) -> None:
        """Connect, and deliver each message."""
        self._transport.recv(deliver)
        await self.network.start()
        await self.stream.start()

    async def find(
        self, tags: Mapping[str, str], *, state: PromiseState | None = None
    ) -> AsyncIterator[PromiseSummary]:
        """Yield every promise with these tags, page by page."""
        cursor: str | None = None
        while True:
            page = await self.sender.promise_search(state, dict(tags), _PAGE_SIZE, cursor)
            for record in page.promises:
                yield PromiseSummary(id=record.id, tags=record.tags)
            cursor = page.cursor
            if cursor is None:
                return

    async def start(self, root: RootPromise, *, address: str | None = None) -> None:
        """Start a job at an address, or in the worker's group, unless its id is known already."""
        target = address or resolve_target(self._group)
        await self.sender.promise_create(make_root_request(root, target, self._codec, self._clock.now()))


def make_root_request(root: RootPromise, target: str, codec: Codec, now: float) -> PromiseCreateReq:
    """Return the request that creates a root promise at an address, from the time in seconds since 1970."""
    call = {"func": root.workflow.name, "args": root.args, "kwargs": {}, "version": root.workflow.version}
    lineage = {f"resonate:{name}": root.id for name in ("origin", "branch", "parent")}
    return PromiseCreateReq(
        id=root.id,
        timeout_at=int((now + root.lifetime) * 1000),
        param=codec.encode(call),
        tags={**root.tags, **lineage, "resonate:scope": "global", "resonate:target": target},
    )
