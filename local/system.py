"""The whole system as processes of this machine: engine, worker and gateway, started and stopped together.

What runs is what ships: the same handler, the same worker process; only the engine and the object store are at home.
"""

import http.client
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Self

from worker.health import what_is_wrong

from .servers import HOST, PATIENCE, ROOT, Embedded, NotReadyError, Options, Server, free_port, real_engine, start

# A job that comes before the worker listens, or while it is down, waits no longer than this, in ms.
RETRY_TIMEOUT: Final = 2_000
LEASE: Final = 5  # seconds; what a killed worker held waits as long
GRACE: Final = 3  # seconds that steps in flight get at the end; they go on when the system is up again
# What a process needs of its surroundings; all else, say a WORKER_GROUP of the user's, would change what runs.
PASSED_ON: Final = ("PATH", "HOME", "LANG", "TMPDIR")


class Part:
    """One process with its log."""

    def __init__(self, name: str, words: list[str], folder: Path, environ: Mapping[str, str]) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        with self.log.open("ab") as out:
            command = [sys.executable, "-m", *words]
            # A session of its own: Ctrl-C reaches whoever started it, and that one stops its parts in order.
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environ, stdout=out, stderr=out, start_new_session=True
            )

    @property
    def has_ended(self) -> bool:
        """Nobody asked it to, if it has."""
        return self.process.poll() is not None

    def stop(self) -> None:
        """End it in peace; in the end by force."""
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()


class System:
    """Everything that runs. Use it in a `with` block; `url` is where requests go."""

    def __init__(self, folder: Path, environ: Mapping[str, str], *, allowed_hosts: str = "", port: int = 0) -> None:
        """`allowed_hosts` are those whose documents may be read although they are private, as host:port."""
        self.folder = folder.resolve()
        self._given = environ
        self.port = port or free_port()
        self.url = f"http://{HOST}:{self.port}"
        self._allowed_hosts = allowed_hosts
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.engine: Server = stack.enter_context(self._engine())
            self.worker = self.start_worker()
            stack.callback(self._stop_worker)
            words = ["local.gateway", "--port", str(self.port)]
            self.gateway = Part("gateway", words, self.folder, self._environ())
            stack.callback(self.gateway.stop)
            self._wait_for(self.gateway, self._is_answering)
            self._wait_for(self.worker, self._is_working)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _engine(self) -> Server:
        engine = real_engine(self._given) or Embedded()
        return start(engine, self.folder / "engine", options=Options(retry_timeout=RETRY_TIMEOUT))

    def start_worker(self) -> Part:
        """Start a worker process, the first or the next."""
        self._health_port = free_port()
        environ = {**self._environ(), "WORKER_HEALTH_PORT": str(self._health_port)}
        self.worker = Part("worker", ["worker"], self.folder, environ)
        return self.worker

    def _stop_worker(self) -> None:
        self.worker.stop()  # whichever it is by now

    @property
    def store(self) -> Path:
        """The object store."""
        return self.folder / "store"

    @property
    def outbox(self) -> Path:
        """Where notices go."""
        return self.folder / "outbox"

    def _environ(self) -> dict[str, str]:
        return {
            **{name: self._given[name] for name in PASSED_ON if name in self._given},
            "RESONATE_URL": self.engine.url,
            "STORE_URL": self.store.as_uri(),
            "NOTIFY_URL": self.outbox.as_uri(),
            "ALLOWED_HOSTS": self._allowed_hosts,
            "WORKER_LEASE_SECONDS": str(LEASE),
            "WORKER_GRACE_SECONDS": str(GRACE),
        }

    def _wait_for(self, part: Part, is_ready: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not is_ready():
            if part.has_ended or time.monotonic() > end:
                tail = part.log.read_text(errors="replace")[-2000:]
                raise NotReadyError(f"the {part.name} did not become ready: {tail}")
            time.sleep(0.05)

    def _is_working(self) -> bool:
        """Whether the worker takes jobs: it has seen that the server fits."""
        return what_is_wrong(self._health_port, "ready") is None

    def _is_answering(self) -> bool:
        """Whether the handler answers, which it does when it is imported and its settings are good."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE)
        try:
            connection.request("GET", "/status/")
            return connection.getresponse().status == http.HTTPStatus.BAD_REQUEST
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def dead_part(self) -> str | None:
        """The name of a part that has ended by itself, with the end of its log."""
        for part in (self.worker, self.gateway):
            if part.has_ended:
                return f"the {part.name} has ended: {part.log.read_text(errors='replace')[-1000:]}"
        return None if self.engine.process.poll() is None else "the engine has ended"
