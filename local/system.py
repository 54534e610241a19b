"""The whole system as processes of this machine: server, worker and gateway, started and stopped together.

What runs is what ships: the same handler, the same worker process; only the server and the object store are at home.
"""

import http.client
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Self

from contract.names import INCOMING
from worker.health import what_is_wrong

from .choices import HOSTS, TYPES, known_types, needed
from .parts import Part, Tied
from .server_process import (
    HOST,
    PROCESS_TIMEOUT,
    EmbeddedProgram,
    Options,
    ServerProcess,
    find_real_program,
    free_port,
    start,
)

# A job that comes before the worker listens, or while it is down, waits no longer than this, in ms.
RETRY_TIMEOUT: Final = 2_000
LEASE: Final = 5  # seconds; what a killed worker held waits as long
GRACE: Final = 3  # seconds that steps in flight get at the end; they go on when the system is up again
_NO_CHOICES: Final[Mapping[str, str]] = {}


class System:
    """Everything that runs. Use it in a `with` block; `url` is where requests go."""

    def __init__(
        self,
        folder: Path,
        environ: Mapping[str, str],
        *,
        allowed_hosts: str = "",
        port: int = 0,
        choices: Mapping[str, str] = _NO_CHOICES,
    ) -> None:
        """`allowed_hosts` are those whose documents may be read although they are private, as host:port.

        `choices` are the user's, of the worker.
        """
        self.folder = folder.resolve()
        self._given = environ
        self._choices = choices
        self.port = port or free_port()
        self.url = f"http://{HOST}:{self.port}"
        self._allowed_hosts = allowed_hosts
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.server: ServerProcess = stack.enter_context(self._start_server())
            self.worker = self.start_worker()
            stack.callback(self._stop_worker)
            words = ["local.gateway", "--port", str(self.port)]
            self.gateway = Part("gateway", words, self.folder, {**self._environ(), **self._known_types()})
            stack.callback(self.gateway.stop)
            self.gateway.wait_until(self._is_answering)
            self.worker.wait_until(self._is_working)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start_server(self) -> ServerProcess:
        server_program = find_real_program(self._given) or EmbeddedProgram()
        return start(Tied(server_program), self.folder / "server", options=Options(retry_timeout=RETRY_TIMEOUT))

    def start_worker(self) -> Part:
        """Start a worker process, the first or the next. What a killed one left of its documents goes."""
        self._health_port = free_port()
        scratch = self.folder / "tmp"
        for left in (scratch, self.store / INCOMING):
            shutil.rmtree(left, ignore_errors=True)
        scratch.mkdir()
        hosts = ",".join(filter(None, (self._allowed_hosts, self._choices.get(HOSTS))))
        own = {"WORKER_HEALTH_PORT": str(self._health_port), "TMPDIR": str(scratch), HOSTS: hosts}
        environ = {**self._choices, **self._environ(), **own}
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
            **needed(self._given),
            "RESONATE_URL": self.server.url,
            "STORE_URL": self.store.as_uri(),
            "NOTIFY_URL": self.outbox.as_uri(),
            "WORKER_LEASE_SECONDS": str(LEASE),
            "WORKER_GRACE_SECONDS": str(GRACE),
        }

    def _known_types(self) -> dict[str, str]:
        return {"KNOWN_TYPES": known_types(self._choices)} if TYPES in self._choices else {}

    def _is_working(self) -> bool:
        """Whether the worker takes jobs: it has seen that the server fits."""
        return what_is_wrong(self._health_port, "ready") is None

    def _is_answering(self) -> bool:
        """Whether the handler answers, which it does when it is imported and its settings are good."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PROCESS_TIMEOUT)
        try:
            connection.request("GET", "/status/")
            return connection.getresponse().status == http.HTTPStatus.BAD_REQUEST
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def dead_part(self) -> str | None:
        """Say which part has ended by itself, if one has, and how."""
        for part in (self.worker, self.gateway):
            if part.has_ended:
                return part.why()
        return None if self.server.process.poll() is None else self.server.why()
