"""Runs the whole system as processes on this machine: server, keeper, worker, functions and gateway.

The handlers and the worker are the ones that ship; only the server, the object store and Lambda's Invoke API are local.
With several cells there are as many servers, each with its own keeper, worker and functions, behind one gateway.
"""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from secrets import token_hex
from typing import Final, Self

from contract.cells import CellLayout
from contract.object_keys import INCOMING
from lambdas.trigger.settings import Settings

from .cell import Cell
from .choices import HOSTS, TRIGGER_CHOICES, TYPES, base_environ, list_known_types
from .gateway_paths import UPLOADS_PATH
from .logged_process import PROCESS_TIMEOUT, LoggedProcess, StartProcess
from .parts import Part
from .secret_files import read_decision_key, read_webhook_secret
from .server_process import HOST, EmbeddedProgram, ServerProcess, find_real_program, free_port, has_status

LEASE_SECONDS: Final = 5  # a killed worker's tasks wait this long
GRACE_SECONDS: Final = 3  # for the running steps at shutdown; unfinished jobs resume at the next start
ONE_CELL: Final = CellLayout.make(1)
_NO_CHOICES: Final[Mapping[str, str]] = {}


class System:
    """All processes of the system. Use it in a `with` block; `url` is the address of the HTTP API."""

    def __init__(  # noqa: PLR0913 - what a user chooses
        self,
        folder: Path,
        environ: Mapping[str, str],
        *,
        allowed_hosts: str = "",
        port: int = 0,
        choices: Mapping[str, str] = _NO_CHOICES,
        layout: CellLayout = ONE_CELL,
        start_process: StartProcess = subprocess.Popen,
    ) -> None:
        """`allowed_hosts` are private hosts, as host:port, that the worker may download from.

        `choices` are worker settings of the user.
        """
        self.folder = folder.resolve()
        self._environment = environ
        self._choices = choices
        self._layout = layout
        self._start_process: Final = start_process
        self.port = port or free_port()
        self.url = f"http://{HOST}:{self.port}"
        server_program = find_real_program(environ) or EmbeddedProgram()
        self.cells = [Cell(name, self.folder, server_program, start_process) for name in layout.cells]
        self._allowed_hosts = allowed_hosts
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.folder.mkdir(parents=True, exist_ok=True)
            for cell in self.cells:
                cell.start_server()
                stack.callback(cell.stop_server)
            self._delete_incoming()
            for cell in self.cells:
                self._start_parts(cell, stack)
            words = ["local.gateway", "--port", str(self.port)]
            self.gateway = Part("gateway", words, self.folder, self.make_trigger_environ(), self._start_process)
            stack.enter_context(self.gateway)
            self.gateway.wait_until(self._is_answering)
            for cell in self.cells:
                cell.wait_until_ready()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def server(self) -> ServerProcess:
        """The server of the first cell."""
        return self.cells[0].server

    @property
    def worker(self) -> Part:
        """The worker of the first cell."""
        return self.cells[0].worker

    def start_worker(self) -> Part:
        """Start a worker process in place of a killed one, in the first cell."""
        if len(self.cells) == 1:  # otherwise other workers may be writing there
            self._delete_incoming()
        return self.restart_worker(self.cells[0])

    def restart_worker(self, cell: Cell) -> Part:
        """Start a worker process in place of one that has ended, in a cell."""
        return cell.start_worker(lambda: self._make_worker_environ(cell))

    def _start_parts(self, cell: Cell, stack: ExitStack) -> None:
        base = base_environ(self._environment)
        cell.start_parts(stack, base, lambda: self._make_environ(cell), lambda: self._make_worker_environ(cell))

    def _delete_incoming(self) -> None:
        """Delete the documents that a killed worker left behind."""
        shutil.rmtree(self.store / INCOMING, ignore_errors=True)

    @property
    def store(self) -> Path:
        """The folder of the object store."""
        return self.folder / "store"

    @property
    def trigger_settings(self) -> Settings:
        """The settings that the trigger has, for a program that does the same."""
        return Settings.from_env(self.make_trigger_environ())

    @property
    def outbox(self) -> Path:
        """The folder that notices are written to."""
        return self.folder / "outbox"

    def _make_environ(self, cell: Cell) -> dict[str, str]:
        return {
            **base_environ(self._environment),
            "RESONATE_URL": cell.server.url,
            "KEEPER_URL": cell.keeper_url,
            "STORE_URL": self.store.as_uri(),
            "NOTIFY_URL": self.outbox.as_uri(),
            "DECISION_KEY": read_decision_key(self.folder),
            "WORKER_LEASE_SECONDS": str(LEASE_SECONDS),
            "WORKER_GRACE_SECONDS": str(GRACE_SECONDS),
            **self._make_cells_environ(cell),
        }

    def _make_cells_environ(self, own: Cell) -> dict[str, str]:
        """Return where the other cells are, if there are several."""
        if len(self.cells) == 1:
            return {}
        others = [cell for cell in self.cells if cell is not own]
        urls = {f"RESONATE_URL_{cell.name}": cell.server.url for cell in others}
        keepers = {f"KEEPER_URL_{cell.name}": cell.keeper_url for cell in others}
        return {**self._layout.to_environ(), "CELL": own.name, **urls, **keepers}

    def _make_worker_environ(self, cell: Cell) -> dict[str, str]:
        own = {
            HOSTS: ",".join(filter(None, (self._allowed_hosts, self._choices.get(HOSTS)))),
            "WEBHOOK_SECRETS": read_webhook_secret(self.folder),
            "PUBLIC_URL": self.url,
        }
        return {**self._choices, **self._make_environ(cell), **own}

    def _make_type_environ(self) -> dict[str, str]:
        return {"KNOWN_TYPES": list_known_types(self._choices)} if TYPES in self._choices else {}

    def make_trigger_environ(self) -> dict[str, str]:
        """Return the variables of a trigger. It signs addresses for uploads, which the gateway takes itself."""
        signing = {
            "UPLOADS_URL": f"{self.url}{UPLOADS_PATH}",
            "AWS_REGION": "laptop",
            "AWS_ACCESS_KEY_ID": "laptop",
            "AWS_SECRET_ACCESS_KEY": token_hex(),
        }
        chosen = {name: self._environment[name] for name in TRIGGER_CHOICES if name in self._environment}
        return {**self._make_environ(self.cells[0]), **self._make_type_environ(), **signing, **chosen}

    def _is_answering(self) -> bool:
        """Return whether the handler answers: it is imported, which takes seconds, and its settings are valid."""
        return has_status(self.port, "/status/", HTTPStatus.BAD_REQUEST, timeout=PROCESS_TIMEOUT)

    def describe_failure(self) -> str | None:
        """Describe the part that has ended by itself, if there is one."""
        return next((part.describe_exit() for part in self._list_parts() if part.has_ended), None)

    def _list_parts(self) -> Iterator[LoggedProcess]:
        yield self.gateway
        for cell in self.cells:
            yield from cell.list_parts()
