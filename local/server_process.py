"""Starts a Resonate server as a process, the embedded or the real one, and waits until it is ready.

Both take the same options, so that a test can run against either.
"""

import http.client
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from random import SystemRandom
from shutil import which
from typing import Final, Protocol

from .logged_process import LoggedProcess, StartProcess

HOST = "127.0.0.1"
ROOT = Path(__file__).resolve().parent.parent
_PORTS: Final = range(10_000, 32_000)  # below 32,768 systems give none to a connection


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of either server; times in milliseconds."""

    debug: bool = False
    retry_timeout: int = 30_000
    timeouts_interval: int = 1_000
    # The real server polls for messages this often: at 10, for 4 % of a core. The embedded one sends them at once.
    messages_interval: int = 50


class ServerProgram(Protocol):
    """A server that can be started on a folder and a port."""

    @property
    def name(self) -> str:
        """Its name in reports."""

    @property
    def root(self) -> Path:
        """The folder that it starts in."""

    def command(self, folder: Path, port: int, options: Options) -> list[str]:
        """Return the command that starts it."""


@dataclass(frozen=True)
class EmbeddedProgram:
    """The server of this project; `root` is the folder of its code, which a test may replace by a broken copy."""

    root: Path = ROOT
    name: str = "embedded"
    database: str = "server.db"  # in the folder of its data

    def command(self, folder: Path, port: int, options: Options) -> list[str]:
        """Return the command that starts the module with this interpreter."""
        return [
            *(sys.executable, "-m", "durable.embedded", "--host", HOST, "--port", str(port), "--data", str(folder)),
            *("--retry-timeout", str(options.retry_timeout), "--timeouts-interval", str(options.timeouts_interval)),
            *(["--debug"] if options.debug else []),
        ]


@dataclass(frozen=True)
class RealProgram:
    """The real server, on SQLite as the embedded one."""

    binary: Path
    root: Path = ROOT
    name: str = "real"
    database: str = "resonate.db"

    def command(self, folder: Path, port: int, options: Options) -> list[str]:
        """Return the command that starts it without a metrics port, which all servers of a machine would share."""
        return [
            *(str(self.binary), "serve", "--level", "error", "--server-bind", HOST, "--server-port", str(port)),
            *("--server-url", f"http://{HOST}:{port}", "--observability-metrics-port", "0"),
            *("--storage-type", "sqlite", "--storage-sqlite-path", str(folder / self.database)),
            *("--tasks-retry-timeout", str(options.retry_timeout)),
            *("--timeouts-poll-interval", str(options.timeouts_interval)),
            *("--messages-poll-interval", str(options.messages_interval)),
            *(["--debug"] if options.debug else []),
        ]


def find_real_program(environ: Mapping[str, str]) -> RealProgram | None:
    """Return the real server that RESONATE_BIN names, or `resonate` on the path, if there is one."""
    named = environ.get("RESONATE_BIN") or which("resonate", path=environ.get("PATH", ""))
    return RealProgram(Path(named).resolve()) if named else None


def free_port(successors: int = 0) -> int:
    """Return a port that no process uses now; the `successors` ports after it are free, too.

    The kernel gives these ports to no connections, so they stay free until the caller listens.
    """
    while True:
        port = SystemRandom().choice(_PORTS)
        if all(map(_is_free, range(port, port + successors + 1))):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def is_listening(port: int) -> bool:
    """Whether a program on this machine accepts connections on the port."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


class ServerProcess(LoggedProcess):
    """A running server."""

    def __init__(
        self,
        server_program: ServerProgram,
        folder: Path,
        port: int,
        options: Options,
        start_process: StartProcess = subprocess.Popen,
    ) -> None:
        """Start the process; call `wait_until_ready` before the first request."""
        self.url = f"http://{HOST}:{port}"
        self.port = port
        command, log = server_program.command(folder, port, options), folder / "server.log"
        super().__init__("server", command, log, cwd=server_program.root, start_process=start_process)

    def wait_until_ready(self) -> None:
        """Wait until /ready answers 200. Raises NotReadyError."""
        self.wait_until(lambda: has_status(self.port, "/ready", HTTPStatus.OK))


def has_status(port: int, path: str, status: HTTPStatus, *, timeout: float = 1.0) -> bool:
    """Whether a program on this machine answers a GET with this status."""
    connection = http.client.HTTPConnection(HOST, port, timeout=timeout)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()  # a connection that is closed before is reset, and servers log that
    except (OSError, http.client.HTTPException):
        return False
    else:
        return response.status == status
    finally:
        connection.close()


def start(
    server_program: ServerProgram,
    folder: Path,
    *,
    options: Options | None = None,
    port: int = 0,
    start_process: StartProcess = subprocess.Popen,
) -> ServerProcess:
    """Start a server on the data in `folder`, on a free port when none is given, and wait until it is ready."""
    folder.mkdir(parents=True, exist_ok=True)
    server = ServerProcess(server_program, folder, port or free_port(), options or Options(), start_process)
    try:
        server.wait_until_ready()
    except BaseException:  # Ctrl-C, too: no other code can stop the process yet
        server.kill()
        raise
    return server
