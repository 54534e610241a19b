"""The open event streams of each worker group, and the choice of one stream for each message.

Unwritten messages of a stream that ends go to another stream. Otherwise a worker that stops or reconnects would delay
those jobs by the retry timeout.
"""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from .address import Address

MAX_STREAMS = 1_000  # the real server's default
# Also its default: a slower reader loses messages, which are sent again after the retry timeout.
MAX_QUEUE_LENGTH = 100


@dataclass(frozen=True)
class PendingMessage:
    """A message and its address."""

    address: Address
    message: bytes


class Transport(Protocol):
    """Where a stream writes; asyncio's transports are one."""

    def write(self, data: bytes) -> None:
        """Write, or drop the data if the transport is closing."""

    def is_closing(self) -> bool:
        """Whether the transport is closing."""


@dataclass(eq=False)
class Stream:
    """One open event stream. While its reader is slow, `is_blocked`, and messages wait."""

    group: str
    pid: str
    transport: Transport
    frame: Callable[[bytes], bytes]  # makes a message an event
    is_blocked: bool = False
    queue: deque[PendingMessage] = field(default_factory=deque)

    @property
    def is_full(self) -> bool:
        """Whether no further message may wait."""
        return len(self.queue) >= MAX_QUEUE_LENGTH

    def put(self, pending: PendingMessage) -> None:
        """Write the message, or let it wait."""
        self.queue.append(pending)
        self.write_waiting()

    def write_waiting(self) -> None:
        """Write messages until a write has blocked the stream; those of a closing one stay, for another stream."""
        while self.queue and not self.is_blocked and not self.transport.is_closing():
            self.transport.write(self.frame(self.queue.popleft().message))


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

    def add(self, stream: Stream) -> None:
        """Send messages to the stream from now on."""
        self.groups.setdefault(stream.group, []).append(stream)

    def remove(self, stream: Stream) -> None:
        """Send no more messages to the stream, and pass its unwritten ones on."""
        self.groups[stream.group].remove(stream)
        if not self.groups[stream.group]:
            del self.groups[stream.group]
        for pending in stream.queue:
            self.send(pending.address, pending.message)

    def send(self, address: Address, message: bytes) -> bool:
        """Give a message to one stream; return False if there is no stream or its queue is full."""
        streams = self.groups.get(address.group, [])
        stream = next((stream for stream in streams if address.pid and stream.pid == address.pid), None)
        if stream is None and address.mode == "any" and streams:
            stream = self.choose(streams)
        if stream is None or stream.is_full:
            return False
        stream.put(PendingMessage(address, message))
        return True
