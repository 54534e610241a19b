"""A server on real time as a test sees it: requests with names of the test's own, seats, and what they hear."""

import time
from itertools import count

from local.server_process import ServerProcess

from .ask import Ask
from .requests import Call, create
from .seat import Seat
from .target import Json

LONG = 3_600_000  # ms: longer than any test
_numbers = count()


class World:
    """The server is shared; a world has a group and promises that no other world has."""

    def __init__(self, server: ServerProcess, ask: Ask) -> None:
        """Begin with nobody in the group."""
        self.server = server
        self.ask = ask
        self.group = f"g{next(_numbers)}"

    def name(self, promise: str) -> str:
        """Give a promise a name of this world."""
        return f"{self.group}.{promise}"

    def address(self, cast: str = "any", pid: str = "") -> str:
        """Write the address of the group, or of one of its seats."""
        return f"poll://{cast}@{self.group}" + (f"/{pid}" if pid else "")

    def sit(self, pid: str = "1") -> Seat:
        """Take a seat in the group."""
        return Seat(self.server, self.group, pid)

    def new(self, promise: str, target: str | None = None, *, lives: int = LONG, **tags: str) -> Call:
        """Create a promise of this world, which lives for so many milliseconds from now."""
        return create(self.name(promise), due=now() + lives, target=target, **tags)

    def send(self, *promises: str, to: str) -> None:
        """Create tasks, so that each of them sends a message to the address."""
        self.ask.done(*(self.new(promise, to) for promise in promises))

    def execute(self, promise: str, version: int = 0) -> Json:
        """Build the message that a task waits, as it arrives."""
        data: Json = {"task": {"id": self.name(promise), "version": version}}
        return {"kind": "execute", "head": {"serverUrl": self.server.url}, "data": data}

    def heard(self, seat: Seat, pid: str = "1") -> list[Json]:
        """Send a last message to this very seat, and return all that came before it."""
        marker = f"marker{next(_numbers)}"
        self.send(marker, to=self.address("uni", pid))
        messages: list[Json] = []
        while (message := seat.next()) != self.execute(marker):
            messages.append(message)
        self.ask.done(Call("promise.settle", {"id": self.name(marker), "state": "resolved"}))
        return messages


def now() -> int:
    """The time in milliseconds."""
    return time.time_ns() // 1_000_000
