"""A process that loads once what fork servers load, and forks itself for each fork server of the run's workers.

Each worker would otherwise load libraries and models anew, for half a second to two seconds of the processor. What it
gets behaves as a fork server of its own, but is no child of the worker.

    worker -- connection, preload --> this process -- connection --> its child with the preload -- fork --> fork server

All test processes of a run share it. Each is a member by a connection that stays open, and it ends with the last one.
"""

import atexit
import os
import select
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from functools import cache
from typing import Final

from durable.fork_client import ForkServerProcess
from durable.fork_server import MAX_PRELOAD_BYTES, Forker, load
from local.server_process import ROOT
from tests.waiting import wait_until

_PROGRAM: Final = (
    "import sys; sys.path[:] = sys.argv[2:]; from tests.warm_fork_servers import main; main(int(sys.argv[1]))"
)
_MEMBER: Final = b"member"
_FORK: Final = b"fork"


@cache
def join(run: str) -> None:
    """Make this test process a member until it ends."""
    with _open_socket() as listener, suppress(OSError):  # another test process of the run has started it
        listener.bind(_address_of(run))
        listener.listen()
        command = [sys.executable, "-I", "-c", _PROGRAM, str(listener.fileno()), *sys.path]
        subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, env={}, pass_fds=[listener.fileno()], check=True)
    # Another test process may be about to listen.
    membership = wait_until(lambda: _connect_or_none(run), "the process with what fork servers load is there")
    membership.send(_MEMBER)
    atexit.register(membership.close)


def start_process(run: str) -> ForkServerProcess:
    """Return a fork server that is forked from a loaded process, in place of one that loads for itself."""
    control = _open_socket()
    control.connect(_address_of(run))
    return ForkServerProcess(control)


def _connect_or_none(run: str) -> socket.socket | None:
    connection = _open_socket()
    try:
        connection.connect(_address_of(run))
    except ConnectionRefusedError:
        connection.close()
        return None
    return connection


def _open_socket() -> socket.socket:
    return socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def _address_of(run: str) -> str:
    return f"\0longhand-fork-servers-{run}"


def main(descriptor: int) -> None:
    """Serve the listening socket in a process of its own session, which is no child of the test process."""
    if os.fork():
        os._exit(0)
    os.setsid()
    with socket.socket(fileno=descriptor) as listener:
        WarmForkServers(listener).serve()


class WarmForkServers:
    """The processes with a preload, by the preload, and the members."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener: Final = listener
        self._loaded: Final[dict[bytes, socket.socket]] = {}
        self._members: Final[list[socket.socket]] = []

    def serve(self) -> None:
        """Return when the last member has left."""
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no child becomes a zombie
        self._accept()  # a member: a worker connects after its test process
        while self._members:
            ready, _, _ = select.select([self._listener, *self._members], [], [])
            if self._listener in ready:
                self._accept()
            for member in [one for one in self._members if one in ready]:
                self._members.remove(member)
                member.close()

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        message = connection.recv(MAX_PRELOAD_BYTES)
        if message == _MEMBER:
            self._members.append(connection)
            return
        with connection:
            if message:  # else the worker has ended
                self._hand_over(connection, message)

    def _hand_over(self, connection: socket.socket, preload: bytes) -> None:
        for _ in range(2):
            if preload not in self._loaded:
                self._loaded[preload] = self._load(connection, preload)
            try:
                socket.send_fds(self._loaded[preload], [_FORK], [connection.fileno()])
            except OSError:  # it has ended; if it could not load, so will the next
                self._loaded.pop(preload).close()
            else:
                return

    def _load(self, connection: socket.socket, preload: bytes) -> socket.socket:
        """Fork a process that loads what the preload names, and return the socket to it."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if os.fork() == 0:
            for one in (ours, connection, self._listener, *self._members, *self._loaded.values()):
                one.close()
            _serve_preload(preload, theirs)
            sys.exit()
        theirs.close()
        return ours


def _serve_preload(preload: bytes, control: socket.socket) -> None:
    """Load it, and fork a fork server for each connection that arrives."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    load(preload)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, len(_FORK), 1)
        if not message:
            return
        with socket.socket(fileno=descriptors[0]) as worker:
            if os.fork() == 0:
                control.close()
                os.setsid()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                Forker(worker).serve()
                sys.exit()
