"""The connection of one worker to the server: its stream of messages, its requests, and the port for periodic tasks."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Final

from resonate.codec import Codec
from resonate.observability import noop_observer
from resonate.transport import Message, Transport

from durable.clock import Clock
from durable.promises import PromiseState, RootPromise
from durable.run import Runs
from durable.server import PromiseSummary

from .network import BoundedNetwork
from .sender import RunSender
from .server_clock import NoteDate, ignore_date
from .server_promises import ServerPromises
from .settings import Settings
from .stream import EventStream

_PAGE_SIZE: Final = 1_000  # promises; the server's maximum


class Connection:
    """Implements the `Server` port. New jobs go to the worker's own group."""

    def __init__(  # noqa: PLR0913 a worker has one of each
        self,
        settings: Settings,
        clock: Clock,
        codec: Codec,
        *,
        runs: Runs,
        fail: Callable[[str], None],
        note_date: NoteDate = ignore_date,
    ) -> None:
        self.network: Final = BoundedNetwork(settings, clock, fail, note_date)
        self.stream: Final = EventStream(settings, clock, fail)
        self._transport: Final = Transport(self.network, [self.stream], noop_observer)
        self.sender: Final = RunSender(self._transport, settings.token, runs, clock.monotonic)
        self.promises: Final = ServerPromises(self.sender, codec, settings.group, clock)

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

    async def start(self, root: RootPromise) -> None:
        """Start a job, unless its id is known already."""
        await self.promises.start(root)
