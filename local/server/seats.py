"""Who is connected: the seats of each worker group, and the one of them that gets a message.

A message that was on its way to a seat when its stream ended goes to another one. Otherwise a worker that leaves, or
replaces its stream, would cost each job of that moment the retry timeout.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from .address import Address

MAX_SEATS = 1_000  # the real server's default
# Its default too: a reader that is so far behind loses messages, which are sent again after the retry timeout.
MAX_WAITING = 100


@dataclass(frozen=True)
class Letter:
    """A message, and where it was sent."""

    address: Address
    message: bytes


@dataclass(eq=False)
class Seat:
    """One open event stream and the messages on their way to it."""

    pid: str
    waiting: asyncio.Queue[Letter] = field(default_factory=lambda: asyncio.Queue(MAX_WAITING))
    in_hand: Letter | None = None  # taken from there, and not yet written

    async def hand_over(self, write: Callable[[bytes], Awaitable[None]]) -> None:
        """Write the next message, once there is one."""
        self.in_hand = await self.waiting.get()
        await write(self.in_hand.message)
        self.in_hand = None

    def left(self) -> Iterator[Letter]:
        """Give what was not written."""
        if self.in_hand:
            yield self.in_hand
        while not self.waiting.empty():
            yield self.waiting.get_nowait()


class Seats:
    """All open event streams, by group."""

    def __init__(self, choose: Callable[[list[Seat]], Seat] = random.choice) -> None:
        """Nobody is connected yet; `choose` picks among the members of a group."""
        self.groups: dict[str, list[Seat]] = {}
        self.choose = choose

    @property
    def are_full(self) -> bool:
        """No further stream is accepted."""
        return sum(map(len, self.groups.values())) >= MAX_SEATS

    @contextmanager
    def take(self, group: str, pid: str) -> Iterator[Seat]:
        """Sit down, and leave at once when the stream ends."""
        seat = Seat(pid)
        self.groups.setdefault(group, []).append(seat)
        try:
            yield seat
        finally:
            self.groups[group].remove(seat)
            if not self.groups[group]:
                del self.groups[group]
            for letter in seat.left():
                self.send(letter.address, letter.message)

    def send(self, address: Address, message: bytes) -> bool:
        """Hand a message to one seat, never to two; False when nobody was there or that one's queue is full."""
        seats = self.groups.get(address.group, [])
        seat = next((seat for seat in seats if address.pid and seat.pid == address.pid), None)
        if seat is None and address.mode == "any" and seats:
            seat = self.choose(seats)
        if seat is None or seat.waiting.full():
            return False
        seat.waiting.put_nowait(Letter(address, message))
        return True
