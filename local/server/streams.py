"""The open event streams of each worker group, and the choice of one stream for each message.

Unwritten messages of a stream that ends go to another stream. Otherwise a worker that stops or reconnects would delay
those jobs by the retry timeout.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from .address import Address

MAX_STREAMS = 1_000  # the real server's default
# Also its default: a slower reader loses messages, which are sent again after the retry timeout.
MAX_QUEUE_LENGTH = 100


@dataclass(frozen=True)
class PendingMessage:
    """A message and its address."""

    address: Address
    message: bytes


@dataclass(eq=False)
class Stream:
    """One open event stream and its unwritten messages."""

    pid: str
    queue: asyncio.Queue[PendingMessage] = field(default_factory=lambda: asyncio.Queue(MAX_QUEUE_LENGTH))
    current: PendingMessage | None = None  # taken from the queue, and not yet written

    async def write_next(self, write: Callable[[bytes], Awaitable[None]]) -> None:
        """Wait for the next message and write it."""
        self.current = await self.queue.get()
        await write(self.current.message)
        self.current = None

    def drain(self) -> Iterator[PendingMessage]:
        """Yield the unwritten messages."""
        if self.current:
            yield self.current
        while not self.queue.empty():
            yield self.queue.get_nowait()


class Streams:
    """All open event streams, by group."""

    def __init__(self, choose: Callable[[list[Stream]], Stream] = random.choice) -> None:
        """`choose` picks among the streams of a group."""
        self.groups: dict[str, list[Stream]] = {}
        self.choose = choose

    @property
    def is_full(self) -> bool:
        """Whether no further stream is accepted."""
        return sum(map(len, self.groups.values())) >= MAX_STREAMS

    @contextmanager
    def register(self, group: str, pid: str) -> Iterator[Stream]:
        """Keep a stream registered in the block, and pass its unwritten messages on at the end."""
        stream = Stream(pid)
        self.groups.setdefault(group, []).append(stream)
        try:
            yield stream
        finally:
            self.groups[group].remove(stream)
            if not self.groups[group]:
                del self.groups[group]
            for pending in stream.drain():
                self.send(pending.address, pending.message)

    def send(self, address: Address, message: bytes) -> bool:
        """Queue a message for one stream; return False if there is no stream or its queue is full."""
        streams = self.groups.get(address.group, [])
        stream = next((stream for stream in streams if address.pid and stream.pid == address.pid), None)
        if stream is None and address.mode == "any" and streams:
            stream = self.choose(streams)
        if stream is None or stream.queue.full():
            return False
        stream.queue.put_nowait(PendingMessage(address, message))
        return True
