"""The connection of one worker to the server: what it hears the server by, and what it says to it by.

It decides nothing: who delivers and who sends is put together in `worker.py`.
"""

from collections.abc import Callable
from typing import Final

from resonate.observability import noop_observer
from resonate.transport import Message, Transport

from durable.clock import Clock

from .network import BoundedNetwork
from .run import Runs
from .sender import RunSender
from .settings import Settings
from .stream import EventStream


class Connection:
    """A network for requests, a stream of messages, and a sender that knows the runs which it sends for."""

    def __init__(self, settings: Settings, clock: Clock, *, runs: Runs, fail: Callable[[str], None]) -> None:
        self.network: Final = BoundedNetwork(settings, clock, fail)
        self.stream: Final = EventStream(settings, clock, fail)
        self._transport: Final = Transport(self.network, [self.stream], noop_observer)
        self.sender: Final = RunSender(self._transport, settings.token, runs, clock.monotonic)

    async def open(self, deliver: Callable[[Message], None]) -> None:
        """Begin to hear; each message is delivered."""
        self._transport.recv(deliver)
        await self.network.start()
        await self.stream.start()
