"""An open event stream of a worker, read by a thread, for tests that wait for messages."""

import json
import queue
import socket
import threading
from contextlib import suppress
from typing import Self

from local.server_process import ServerProcess

from .connection import Connection, request
from .target import TIMEOUT, Json


class StreamReader:
    """One open stream; messages are kept until the test reads them."""

    def __init__(self, server: ServerProcess, group: str, pid: str, *, reads: bool = True) -> None:
        """Open the stream, and return once the server has answered."""
        # A client that does not read also has no room: the kernel must not take in what the test sends.
        self.line = Connection(server, receives=None if reads else 2_048)
        head = self.line.send(request("GET", f"/poll/{group}/{pid}")).head()
        self.status = head.status
        self._messages: queue.Queue[Json] = queue.Queue()
        self._reader = threading.Thread(target=self._listen, daemon=True)
        if reads:
            self.line.socket.settimeout(None)  # a stream may be silent for long; the test waits with a limit
            self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def _listen(self) -> None:
        with suppress(OSError, ValueError):  # the stream ends when the test says so
            while True:
                self._messages.put(json.loads(self.line.event()))

    def next(self) -> Json:
        """Wait for the next message."""
        return self._messages.get(timeout=TIMEOUT)

    def leave(self) -> None:
        """Close the stream as a worker that stops does; once is enough."""
        self._stop(socket.SHUT_RDWR)
        self.line.close()

    def die(self) -> None:
        """Drop the stream as a worker that is killed does."""
        self._stop(socket.SHUT_RD)  # nothing of this is seen on the other side
        self.line.reset()

    def _stop(self, how: int) -> None:
        with suppress(OSError):  # it has ended already
            self.line.socket.shutdown(how)
        if self._reader.ident is not None:
            self._reader.join()
