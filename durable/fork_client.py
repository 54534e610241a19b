"""The worker's side of fork servers: it starts one for each `Preload`, and follows the children that they fork.

A fork server is replaced when it has ended, after a number of children, and when one of its children crashed: all
children of a fork server have the same memory addresses, and a document that crashed one may have learned them.
"""

import asyncio
import atexit
import json
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Final

from .errors import ErrorCode, TemporaryError
from .logs import log_event
from .preload import Preload
from .sandbox import is_filter_supported

_LOG: Final = logging.getLogger(__name__)
_PROGRAM: Final = "import sys; sys.path[:] = sys.argv[2:]; from durable.fork_server import main; main(int(sys.argv[1]))"
_MAX_CHILDREN: Final = 1_000  # children of one fork server
_EXIT_SECONDS: Final = 2.0  # for a fork server to end at the end of this process
_LINE_BYTES: Final = 256
# The kernel sends these at a limit, and the fork server sends the first: they are not crashes.
_LIMIT_SIGNALS: Final = (signal.SIGKILL, signal.SIGXCPU, signal.SIGXFSZ, signal.SIGALRM)


@dataclass(frozen=True)
class ChildUsage:
    """Usage of ended child processes: total CPU seconds, and the most bytes that one added to its fork server's."""

    cpu_seconds: float = 0.0
    max_bytes: int = 0

    def __add__(self, other: "ChildUsage") -> "ChildUsage":
        return ChildUsage(self.cpu_seconds + other.cpu_seconds, max(self.max_bytes, other.max_bytes))


@dataclass(frozen=True)
class ForkServerProcess:
    """A fork server's process: the worker's end of the socket to it, and its handle if it is the worker's child."""

    control: socket.socket
    handle: subprocess.Popen[bytes] | None = None


def start_program() -> ForkServerProcess:
    """Start the program of fork servers."""
    control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        handle = subprocess.Popen(
            [sys.executable, "-I", "-c", _PROGRAM, str(theirs.fileno()), *sys.path],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={},
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    return ForkServerProcess(control, handle)


class ForkServer:
    """One process that forks children."""

    def __init__(self, preload: Preload, process: ForkServerProcess) -> None:
        self.is_retired = False
        self.children = 0  # so far
        self._control: Final = process.control
        self._handle: Final = process.handle
        self._control.settimeout(0)
        self._control.send(json.dumps(asdict(preload)).encode())

    def fork(self, ends: list[socket.socket]) -> None:
        """Ask for a child with these ends; OSError if the fork server has ended."""
        socket.send_fds(self._control, [b"fork"], [end.fileno() for end in ends])
        self.children += 1

    def retire(self) -> None:
        """Fork no more; the process ends after its last child."""
        self.is_retired = True
        self._control.close()

    @property
    def has_ended(self) -> bool:
        """Whether the process has ended; it leaves no zombie then."""
        return self._handle is None or self._handle.poll() is not None

    def wait_or_kill(self) -> None:
        """Wait until the process ends."""
        if self._handle:
            with suppress(subprocess.TimeoutExpired):
                self._handle.wait(_EXIT_SECONDS)
            self._handle.kill()
            self._handle.wait()


class ForkServers:
    """The fork servers of this process, which `start_process` starts."""

    def __init__(self) -> None:
        self.usage = ChildUsage()
        self.start_process: Callable[[], ForkServerProcess] = start_program
        self._current: Final[dict[Preload, ForkServer]] = {}
        self._retired: list[ForkServer] = []

    def start(self, preload: Preload) -> ForkServer:
        """Return the fork server that has loaded this, or start it; it loads while this process continues."""
        server = self._current.get(preload)
        if server is None or server.is_retired or server.children >= _MAX_CHILDREN:
            self._retire(preload)
            if not self._current and not is_filter_supported():
                log_event(_LOG, logging.WARNING, "child processes run without a filter of system calls", {})
            server = self._current[preload] = ForkServer(preload, self.start_process())
        return server

    def fork(self, preload: Preload) -> "Child":
        """Have a child forked."""
        pairs = [socket.socketpair() for _ in range(3)]
        theirs = [pair[1] for pair in pairs]
        try:
            server = self.start(preload)
            try:
                server.fork(theirs)
            except OSError:  # it has ended
                server.retire()
                server = self.start(preload)
                server.fork(theirs)
        finally:
            for end in theirs:
                end.close()
        return Child(self, server, [pair[0] for pair in pairs])

    def close(self) -> None:
        """End all of them."""
        for preload in list(self._current):
            self._retire(preload)
        for server in self._retired:
            server.wait_or_kill()

    def forget(self) -> None:
        """Leave them to the process that this one was forked from."""
        self._current.clear()
        self._retired.clear()

    def _retire(self, preload: Preload) -> None:
        self._retired = [server for server in self._retired if not server.has_ended]
        if server := self._current.pop(preload, None):
            server.retire()
            self._retired.append(server)


class Child:
    """A forked child process: the worker's ends of its sockets."""

    def __init__(self, servers: ForkServers, server: ForkServer, ends: list[socket.socket]) -> None:
        for end in ends:
            end.settimeout(0)
        self.exchange, self.stderr, self._lifeline = ends
        self.exit_code: int | None = None
        self._servers: Final = servers
        self._server: Final = server
        self.is_started = False
        self._received = b""

    async def wait_started(self) -> None:
        """Wait until the fork server has forked it; the server may still have to load something."""
        await self._read_line()
        self.is_started = True

    async def wait_ended(self) -> int:
        """Wait until it has ended, and return its exit code."""
        if self.exit_code is None:
            code, cpu_seconds, max_bytes = json.loads(await self._read_line())
            self.exit_code = int(code)
            self._servers.usage += ChildUsage(cpu_seconds, max_bytes)
            if code < 0 and -code not in _LIMIT_SIGNALS:
                self._server.retire()
        return self.exit_code

    def kill(self) -> None:
        """Have it killed, with the processes of its group."""
        with suppress(OSError):  # it has ended
            self._lifeline.shutdown(socket.SHUT_WR)

    async def close(self) -> None:
        """Kill it, and return when it is gone; one that is not forked yet is killed before it gets its request."""
        self.kill()
        try:
            if self.is_started:
                with suppress(TemporaryError):  # it died with its fork server
                    await self.wait_ended()
        finally:
            for end in (self.exchange, self.stderr, self._lifeline):
                end.close()

    async def _read_line(self) -> bytes:
        loop = asyncio.get_running_loop()
        while b"\n" not in self._received:
            piece = b""
            with suppress(ConnectionError):
                piece = await loop.sock_recv(self._lifeline, _LINE_BYTES)
            if not piece:
                self._server.retire()
                raise TemporaryError(ErrorCode.CHILD_CRASHED, "the fork server of a child process ended")
            self._received += piece
        line, _, self._received = self._received.partition(b"\n")
        return line


FORK_SERVERS: Final = ForkServers()
atexit.register(FORK_SERVERS.close)
os.register_at_fork(after_in_child=FORK_SERVERS.forget)


def start_fork_server(preload: Preload) -> None:
    """Have a fork server load this now, so that the first child need not wait for it."""
    FORK_SERVERS.start(preload)


def child_usage() -> ChildUsage:
    """Return the usage of this process's child processes so far."""
    return FORK_SERVERS.usage
