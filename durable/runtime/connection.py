"""The connection of one worker to the server: its stream of messages, its requests, and the port to promises."""

from collections.abc import Callable
from typing import Final

from resonate.codec import Codec
from resonate.observability import noop_observer
from resonate.transport import Message, Transport

from durable.clock import Clock
from durable.run import Runs

from .network import BoundedNetwork
from .sender import RunSender
from .server_clock import NoteDate, ignore_date
from .server_promises import ServerPromises
from .settings import Settings
from .stream import EventStream


class Connection:
    """Stream, requests and promises over one network."""

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
