"""A server on real time for one test: requests with the test's own names, event streams, and their messages."""

import time
from itertools import count

from local.server_process import ServerProcess

from .protocol_client import Client
from .requests import Call, create
from .stream_reader import StreamReader
from .target import Json

LONG_MS = 3_600_000  # ms: longer than any test
_numbers = count()


class World:
    """The server is shared; each world has its own group and promises."""

    def __init__(self, server: ServerProcess, ask: Client) -> None:
        """Start with an empty group."""
        self.server = server
        self.ask = ask
        self.group = f"g{next(_numbers)}"

    def name(self, promise: str) -> str:
        """Return the promise's name in this world."""
        return f"{self.group}.{promise}"

    def address(self, mode: str = "any", pid: str = "") -> str:
        """Return the address of the group, or of one of its streams."""
        return f"poll://{mode}@{self.group}" + (f"/{pid}" if pid else "")

    def open_stream(self, pid: str = "1") -> StreamReader:
        """Open an event stream in the group."""
        return StreamReader(self.server, self.group, pid)

    def new(self, promise: str, target: str | None = None, *, lives: int = LONG_MS, **tags: str) -> Call:
        """Create a promise of this world with a lifetime in milliseconds."""
        return create(self.name(promise), due=now() + lives, target=target, **tags)

    def send(self, *promises: str, to: str) -> None:
        """Create tasks, so that each of them sends a message to the address."""
        self.ask.send_all(*(self.new(promise, to) for promise in promises))

    def execute(self, promise: str, version: int = 0) -> Json:
        """Return the message of a pending task."""
        data: Json = {"task": {"id": self.name(promise), "version": version}}
        return {"kind": "execute", "head": {"serverUrl": self.server.url}, "data": data}

    def read_messages(self, reader: StreamReader, pid: str = "1") -> list[Json]:
        """Send a marker to this stream, and return all messages before it."""
        marker = f"marker{next(_numbers)}"
        self.send(marker, to=self.address("uni", pid))
        messages: list[Json] = []
        while (message := reader.next()) != self.execute(marker):
            messages.append(message)
        self.ask.send_all(Call("promise.settle", {"id": self.name(marker), "state": "resolved"}))
        return messages


def now() -> int:
    """Return the time in milliseconds."""
    return time.time_ns() // 1_000_000
