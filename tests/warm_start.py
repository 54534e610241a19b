"""Starts our programs for tests in milliseconds: `python -m MODULE` is forked from a process that has imported it.

`start` and `run` take the arguments of subprocess.Popen and subprocess.run, and the process behaves as one of theirs:
it is a child of the test's process with the given environment, streams and session, and its signals, exit code and
output are its own. What differs is what the kernel recorded at its exec: its command line and environment in /proc, and
the memory of other programs' modules; and at its end it frees only objects that nothing refers to. A test of those, or
of the start itself, uses subprocess.

A command that is tethered to this process (local/tether.py) is forked too, and ties itself to it as well.
"""

import atexit
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from threading import Lock
from typing import Any, Final, Literal, Self, overload

from durable.fork_client import FORK_SERVERS
from local import server_process
from local.server_process import ROOT, Options, ServerProcess, ServerProgram
from local.tether import tether_command
from tests import warm_fork_servers
from tests.warm_process import adopt_orphans
from tests.warm_process import run as run_warm_process

SERVE: Final = "import sys; from tests.warm_process import run_in; run_in(sys.argv[1], int(sys.argv[2]))"
_own: "WarmProcess | None" = None
type Stream = Any  # a file, a descriptor, or a constant of subprocess


@overload
def start(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: Stream = None,
    stdout: Stream = None,
    stderr: Stream = None,
    start_new_session: bool = False,
    text: Literal[True],
) -> subprocess.Popen[str]: ...
@overload
def start(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: Stream = None,
    stdout: Stream = None,
    stderr: Stream = None,
    start_new_session: bool = False,
    text: Literal[False] = False,
) -> subprocess.Popen[bytes]: ...
def start(command: Sequence[str], *, start_new_session: bool = False, **options: Any) -> subprocess.Popen[Any]:
    """Start a program: one of ours from the warm process, any other as subprocess does."""
    if not _can_fork(_untether(command), options.get("cwd"), options.get("env")):
        return subprocess.Popen(command, start_new_session=start_new_session, **options)
    return _ForkedProcess(command, start_new_session=start_new_session, **options)


def run(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    capture_output: bool = False,
    timeout: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, as subprocess.run does with text and without a check."""
    output = subprocess.PIPE if capture_output else None
    with start(command, cwd=cwd, env=env, stdout=output, stderr=output, text=True) as process:
        try:
            out, err = process.communicate(timeout=timeout)
        except BaseException:  # a timeout, or Ctrl-C
            process.kill()
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def start_server(
    server_program: ServerProgram, folder: Path, *, options: Options | None = None, port: int = 0
) -> ServerProcess:
    """Start a server as local.server_process does, the embedded one from the warm process."""
    return server_process.start(server_program, folder, options=options, port=port, start_process=start)


@contextmanager
def share_fork_servers() -> Iterator[None]:
    """Fork the fork servers of this process from those of the test run, as those of the programs are."""
    own = FORK_SERVERS.start_process
    FORK_SERVERS.close()
    FORK_SERVERS.start_process = partial(warm_fork_servers.start_process, join_run())
    try:
        yield
    finally:
        FORK_SERVERS.close()
        FORK_SERVERS.start_process = own


def join_run() -> str:
    """Make this process a member of the run that shares fork servers, and return its name."""
    test_run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    warm_fork_servers.join(test_run)
    return test_run


def _untether(command: Sequence[str]) -> Sequence[str]:
    """Return the command behind the tether."""
    tether = tether_command([])
    return command[len(tether) :] if list(command[: len(tether)]) == tether else command


def _can_fork(command: Sequence[str], cwd: Path | None, env: Mapping[str, str] | None) -> bool:
    """Whether it is `python -m` in this project's folder, with the modules of this process."""
    return (
        sys.platform == "linux"
        and list(command[:2]) == [sys.executable, "-m"]
        and (cwd or Path.cwd()).samefile(ROOT)
        and (env is None or env.get("PYTHONPATH") == os.environ.get("PYTHONPATH"))
    )


def _interpreter_settings(environ: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the variables that act at the start of the interpreter, before a program could read them."""
    return tuple(sorted(item for item in environ.items() if item[0].startswith("PYTHON")))


class _ForkedProcess(subprocess.Popen[Any]):
    """A process that the warm process forks in place of an exec."""

    _close_pipe_fds: Callable[..., None]  # Popen's own: it closes the child's ends

    def _execute_child(self, command: Sequence[str], *others: Any) -> None:  # noqa: ANN401 - Popen's own arguments
        """Replace the step of Popen that makes the process; the streams' descriptors are -1 if inherited."""
        environ = os.environ if others[5] is None else others[5]
        streams, new_session = others[9:15], others[20]
        child_ends = (streams[0], streams[3], streams[5])
        own_command = _untether(command)
        self.pid = (_own or warm_process(_interpreter_settings(environ))).fork(
            own_command[2:],
            environ,
            [number if end == -1 else end for number, end in enumerate(child_ends)],
            new_session=new_session,
            is_tethered=len(own_command) < len(command),
        )
        self._child_created = True
        self._close_pipe_fds(*streams)


class WarmProcess:
    """A warm process of this test process, and the socket to it. It ends when the socket is closed."""

    def __init__(self, control: socket.socket, wait: Callable[[], object]) -> None:
        """`wait` waits for its end, and returns how it ended."""
        self._lock: Final = Lock()
        self._control: Final = control
        self._wait: Final = wait
        atexit.register(self.close)

    @classmethod
    def start(cls, environ: Mapping[str, str]) -> Self:
        """Start one whose modules, when they are imported, see none of this process's environment.

        That differs from test to test.
        """
        control, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with other:
            process = subprocess.Popen(
                [sys.executable, "-c", SERVE, join_run(), str(other.fileno())],
                cwd=ROOT,
                # Without threads of numpy: it must stay single-threaded.
                env={"PATH": os.environ["PATH"], "OPENBLAS_NUM_THREADS": "1", **environ},
                stdin=subprocess.DEVNULL,
                pass_fds=[other.fileno()],
                process_group=0,  # Ctrl-C in a terminal is for the tests, which then close the socket
            )
        return cls(control, process.wait)

    @classmethod
    def fork_this_one(cls) -> Self:
        """Make a copy of this process one, before it starts threads: what it has imported is imported there."""
        control, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if pid := os.fork():
            other.close()
            return cls(control, lambda: os.waitpid(pid, 0)[1])
        control.close()
        os.setpgid(0, 0)
        run_warm_process(other.detach())
        sys.exit()

    def fork(
        self,
        words: Sequence[str],
        environ: Mapping[str, str],
        streams: Sequence[int],
        *,
        new_session: bool,
        is_tethered: bool,
    ) -> int:
        """Return the id of a new child process that runs `python -m` with these words."""
        request = {
            "words": words,
            "environ": dict(environ),
            "new_session": new_session,
            "group": os.getpgrp(),
            "tethered_to": os.getpid() if is_tethered else None,
        }
        with self._lock:
            adopt_orphans(adopt=True)
            pid = self._request(json.dumps(request).encode(), streams)
            adopt_orphans(adopt=False)
        if not pid:
            raise RuntimeError(f"the warm process ended with {self._wait()} when it should start {words}")
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)  # raises if it is not our child
        return pid

    def _request(self, message: bytes, streams: Sequence[int]) -> int:
        try:
            socket.send_fds(self._control, [message], list(streams))
            return int(self._control.recv(32) or 0)
        except ConnectionError:
            return 0

    def close(self) -> None:
        """End the warm process; the processes that it forked go on."""
        self._control.close()
        self._wait()


def fork_from_this_process() -> None:
    """Start the programs of this process, which is forked itself, from a copy of it."""
    global _own  # noqa: PLW0603 - as the cache below: one for each process
    _own = WarmProcess.fork_this_one()


@cache
def warm_process(interpreter_settings: tuple[tuple[str, str], ...]) -> WarmProcess:
    """Return the warm process with these settings, which starts with the first program."""
    return WarmProcess.start(dict(interpreter_settings))
