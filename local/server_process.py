"""Starts a Resonate server as a process, the embedded or the real one, and waits until it is ready.

Both take the same options, so that a test can run against either.
"""

import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Protocol, Self
from urllib.parse import urlsplit

from .exits import describe_exit

HOST = "127.0.0.1"
PROCESS_TIMEOUT = 15.0  # seconds; both start in well under one, but a busy machine may need more
ROOT = Path(__file__).resolve().parent.parent


class NotReadyError(RuntimeError):
    """A process ended, or did not answer, before it was ready."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of either server; times in milliseconds."""

    debug: bool = False
    retry_timeout: int = 30_000
    timeouts_interval: int = 1_000
    # The real server polls for messages this often; the embedded one sends them at once.
    messages_interval: int = 10


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

    def command(self, folder: Path, port: int, options: Options) -> list[str]:
        """Return the command that starts the module with this interpreter."""
        return [
            *(sys.executable, "-m", "local.server", "--host", HOST, "--port", str(port), "--data", str(folder)),
            *("--retry-timeout", str(options.retry_timeout), "--timeouts-interval", str(options.timeouts_interval)),
            *(["--debug"] if options.debug else []),
        ]


@dataclass(frozen=True)
class RealProgram:
    """The real server, on SQLite as the embedded one."""

    binary: Path
    root: Path = ROOT
    name: str = "real"

    def command(self, folder: Path, port: int, options: Options) -> list[str]:
        """Return the command that starts it without a metrics port, which all servers of a machine would share."""
        return [
            *(str(self.binary), "serve", "--level", "error", "--server-bind", HOST, "--server-port", str(port)),
            *("--server-url", f"http://{HOST}:{port}", "--observability-metrics-port", "0"),
            *("--storage-type", "sqlite", "--storage-sqlite-path", str(folder / "resonate.db")),
            *("--tasks-retry-timeout", str(options.retry_timeout)),
            *("--timeouts-poll-interval", str(options.timeouts_interval)),
            *("--messages-poll-interval", str(options.messages_interval)),
            *(["--debug"] if options.debug else []),
        ]


def find_real_program(environ: Mapping[str, str]) -> RealProgram | None:
    """Return the real server that RESONATE_BIN names, or `resonate` on the path, if there is one."""
    named = environ.get("RESONATE_BIN") or which("resonate", path=environ.get("PATH", ""))
    return RealProgram(Path(named).resolve()) if named else None


def free_port() -> int:
    """Return a port that no process listens on at the moment."""
    with socket.socket() as s:
        s.bind((HOST, 0))
        port: int = s.getsockname()[1]
        return port


# Starts a process as subprocess.Popen does; tests have a cheaper way for our own programs.
type StartProcess = Callable[..., subprocess.Popen[bytes]]


class ServerProcess:
    """A running server; a `with` block stops it at the end."""

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
        self.log = folder / "server.log"
        with self.log.open("ab") as out:
            self._since = out.tell()
            command = server_program.command(folder, port, options)
            # Its own session, so that Ctrl-C reaches only the parent, which stops the parts in order.
            self.process = start_process(
                command, cwd=server_program.root, stdout=out, stderr=out, start_new_session=True
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait_until_ready(self) -> None:
        """Wait until /ready answers 200. Raises NotReadyError."""
        end = time.monotonic() + PROCESS_TIMEOUT
        while not self._is_ready():
            if self.process.poll() is not None or time.monotonic() > end:
                reason = self.describe_exit()
                self.kill()
                raise NotReadyError(reason)
            time.sleep(0.01)

    def describe_exit(self) -> str:
        """Describe how it ended, or that it did not become ready."""
        return describe_exit("server", self.process.poll(), self.log, self._since)

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=1)
        try:
            connection.request("GET", "/ready")
            return connection.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self) -> int:
        """Terminate it, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PROCESS_TIMEOUT)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """Kill it, as a crash would."""
        self.process.kill()
        self.process.wait()


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
