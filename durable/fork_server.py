"""The program of a fork server: a process that has loaded what child processes need, and forks one for each request.

It receives descriptors from the worker, and no data: requests and answers pass between worker and child only. So a
child finds no other document in the memory that it inherits. It keeps a single thread, because a fork copies one only.

    worker -- (exchange, stderr, lifeline) --> fork server -- fork --> child: sandbox, limits, request, answer
    worker <-- how the child ended, and what it cost -- lifeline; closed or shut down by the worker, it ends the child
"""

import ctypes
import gc
import json
import os
import select
import signal
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .forked_child import prepare, resolve, run_child
from .sandbox import (
    forbid_inspection,
    is_filter_supported,
)

STARTED_LINE: Final = b"started\n"  # written to the lifeline once a child is there; its end follows in one line
MAX_PRELOAD_BYTES: Final = 1 << 20
_M_ARENA_MAX: Final = -8  # a parameter of mallopt(3)
_ENDS: Final = 3  # exchange, stderr and lifeline


def main(control: int) -> None:
    """Load what the worker names, then fork until the worker wants no more children."""
    with socket.socket(fileno=control) as worker:
        load(worker.recv(MAX_PRELOAD_BYTES))
        Forker(worker).serve()


def load(preload: bytes) -> None:
    """Load what a worker names, and prepare this process for forks."""
    forbid_inspection()
    # The limit of a child counts address space: an arena for every thread reserves up to 0.3 GB of it.
    ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
    _preload(json.loads(preload))
    threads = len(list(Path("/proc/self/task").iterdir()))
    if threads > 1:
        raise SystemExit(f"fork server: a library started {threads - 1} threads, which no fork would copy")
    gc.collect()
    gc.freeze()  # or each child's collector would write to all of this memory, and so copy it


def _preload(names: dict[str, Any]) -> None:
    for work in names["works"]:
        prepare(work)
    for hook, *arguments in names["hooks"]:
        resolve(hook)(*arguments)
    os.environ.clear()  # drop what hooks set for their libraries


@dataclass(frozen=True)
class _ForkedChild:
    pid: int
    pidfd: int
    lifeline: socket.socket


class Forker:
    """Forks children, ends those that the worker gives up, and reports how each ended."""

    def __init__(self, worker: socket.socket) -> None:
        self._worker: Final = worker
        self._poll: Final = select.poll()
        self._children: Final[dict[int, _ForkedChild]] = {}  # by pidfd
        self._lifelines: Final[dict[int, _ForkedChild]] = {}  # by descriptor, while the worker may end the child
        self._has_filter: Final = is_filter_supported()
        # The memory that each child begins with: limits and reports are for the memory that it adds. Pages of files are
        # mapped anew.
        self._address_space, self._memory = _read_status("VmSize"), _read_status("RssAnon")

    def serve(self) -> None:
        """Return when the worker has closed its end and no child is left."""
        self._poll.register(self._worker, select.POLLIN)
        is_open = True
        while is_open or self._children:
            ready = {descriptor for descriptor, _ in self._poll.poll()}
            for pidfd in ready & self._children.keys():
                self._report_end(self._children[pidfd])
            for descriptor in ready & self._lifelines.keys():
                self._kill(self._lifelines[descriptor])
            if is_open and self._worker.fileno() in ready:  # last: new descriptors reuse the numbers of closed ones
                is_open = self._fork()

    def _fork(self) -> bool:
        """Fork a child with the received descriptors; return False if the worker wants no more children."""
        message, ends, _, _ = socket.recv_fds(self._worker, 16, _ENDS)
        if not message:
            self._poll.unregister(self._worker)
            return False
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            run_child(parent, ends, self._address_space, has_filter=self._has_filter)
        *others, lifeline = ends
        for end in others:
            os.close(end)
        child = _ForkedChild(pid, os.pidfd_open(pid), socket.socket(fileno=lifeline))
        self._children[child.pidfd] = self._lifelines[lifeline] = child
        for descriptor in (child.pidfd, lifeline):
            self._poll.register(descriptor, select.POLLIN)
        _send(child, STARTED_LINE)
        return True

    def _kill(self, child: _ForkedChild) -> None:
        """Kill a child that the worker has given up."""
        self._ignore_lifeline(child)
        _kill_group(child.pid)

    def _report_end(self, child: _ForkedChild) -> None:
        _kill_group(child.pid)  # processes that it started; its pid is not reused before wait4
        _, status, used = os.wait4(child.pid, 0)
        added = max(0, used.ru_maxrss * 1_024 - self._memory)
        end = [os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, added]
        _send(child, json.dumps(end).encode() + b"\n")
        self._ignore_lifeline(child)
        self._poll.unregister(child.pidfd)
        del self._children[child.pidfd]
        os.close(child.pidfd)
        child.lifeline.close()

    def _ignore_lifeline(self, child: _ForkedChild) -> None:
        if self._lifelines.pop(child.lifeline.fileno(), None):
            self._poll.unregister(child.lifeline)


def _read_status(field: str) -> int:
    """Return a size of this process in bytes."""
    return int(Path("/proc/self/status").read_text().partition(f"{field}:")[2].split()[0]) * 1_024


def _send(child: _ForkedChild, line: bytes) -> None:
    with suppress(OSError):  # the worker has given it up
        child.lifeline.send(line, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)


def _kill_group(pid: int) -> None:
    for kill in (os.killpg, os.kill):  # it may not lead its group yet
        with suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)
