"""Read a server's announcements as a worker does, and record when the first of each task came."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final

from local.server_process import HOST

_CHUNK_BYTES: Final = 65_536
_MESSAGE: Final = b"data:"
_BACKLOG: Final = b'"id":"doc/'  # of the waiting jobs, which are only counted


class Announcements:
    """The announcements of one connection."""

    def __init__(self) -> None:
        self.count = 0
        self.seen_at: Final = dict[str, float]()

    def read(self, connection: socket.socket) -> None:
        """Read until the connection ends."""
        rest = b""
        while chunk := connection.recv(_CHUNK_BYTES):
            *lines, rest = (rest + chunk).split(b"\n")
            now = monotonic()
            for line in lines:
                if line.startswith(_MESSAGE):
                    self.count += 1
                    if _BACKLOG not in line:
                        self._note(json.loads(line.removeprefix(_MESSAGE))["data"]["task"]["id"], now)

    def _note(self, task: str, now: float) -> None:
        self.seen_at.setdefault(task, now)


@contextmanager
def open_announcements(port: int, group: str) -> Iterator[Announcements]:
    """Be a member of the group inside the block."""
    announcements = Announcements()
    with socket.create_connection((HOST, port)) as connection:
        connection.sendall(f"GET /poll/{group}/bench HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        reader = threading.Thread(target=announcements.read, args=(connection,), daemon=True)
        reader.start()
        yield announcements
        connection.shutdown(socket.SHUT_RDWR)
        reader.join()
