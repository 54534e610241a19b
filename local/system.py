"""Runs the whole system as processes on this machine: server, keeper, worker, functions and gateway.

The handlers and the worker are the ones that ship; only the server, the object store and Lambda's Invoke API are local.
"""

import shutil
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from secrets import token_hex
from typing import Final, Self

from contract.object_keys import INCOMING
from lambdas.trigger.settings import Settings
from worker.health import ask_worker

from .choices import HOSTS, TYPES, base_environ, list_known_types
from .events import FUNCTION_ARN
from .logged_process import PROCESS_TIMEOUT, StartProcess
from .parts import Part, TetheredProgram
from .secret_files import read_decision_key, read_webhook_secret
from .server_process import (
    HOST,
    EmbeddedProgram,
    Options,
    ServerProcess,
    find_real_program,
    free_port,
    has_status,
    is_listening,
    start,
)
from .upload_endpoint import PATH as UPLOADS_PATH

# In ms: a job that arrives while no worker listens waits no longer than this.
RETRY_TIMEOUT: Final = 2_000
LEASE_SECONDS: Final = 5  # a killed worker's tasks wait as long
FUNCTION_CONCURRENCY: Final = 4  # invocations at a time, each in a process of its own
GRACE_SECONDS: Final = 3  # for the running steps at shutdown; unfinished jobs resume at the next start
_NO_CHOICES: Final[Mapping[str, str]] = {}


class System:
    """All processes of the system. Use it in a `with` block; `url` is the address of the HTTP API."""

    def __init__(  # noqa: PLR0913 callers name them
        self,
        folder: Path,
        environ: Mapping[str, str],
        *,
        allowed_hosts: str = "",
        port: int = 0,
        choices: Mapping[str, str] = _NO_CHOICES,
        start_process: StartProcess = subprocess.Popen,
    ) -> None:
        """`allowed_hosts` are private hosts, as host:port, that the worker may download from.

        `choices` are worker settings of the user.
        """
        self.folder = folder.resolve()
        self._environment = environ
        self._choices = choices
        self._start_process: Final = start_process
        self.port = port or free_port()
        self.url = f"http://{HOST}:{self.port}"
        self._functions_port = free_port()
        self._keeper_port = free_port()
        self._server_program = find_real_program(environ) or EmbeddedProgram()
        self._allowed_hosts = allowed_hosts
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.server: ServerProcess = stack.enter_context(self._start_server())
            self.keeper = self._start_part("keeper", ["keeper"], self._keeper_environ())
            stack.enter_context(self.keeper)
            self.functions = self._start_part("functions", self._functions_words(), self._environ())
            stack.enter_context(self.functions)
            self.worker = self.start_worker()
            stack.callback(self._stop_worker)
            words = ["local.gateway", "--port", str(self.port)]
            self.gateway = self._start_part("gateway", words, self._gateway_environ())
            stack.enter_context(self.gateway)
            self.gateway.wait_until(self._is_answering)
            self.keeper.wait_until(lambda: has_status(self._keeper_port, "/ready", HTTPStatus.OK))
            self.functions.wait_until(lambda: is_listening(self._functions_port))
            self.worker.wait_until(self._is_working)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start_server(self) -> ServerProcess:
        program, options = TetheredProgram(self._server_program), Options(retry_timeout=RETRY_TIMEOUT)
        return start(program, self._server_folder, options=options, start_process=self._start_process)

    def _start_part(self, name: str, words: list[str], environ: Mapping[str, str]) -> Part:
        return Part(name, words, self.folder, environ, self._start_process)

    def start_worker(self) -> Part:
        """Start a worker process, and delete the documents that a killed one left behind."""
        self._health_port = free_port()
        scratch = self.folder / "tmp"
        for left in (scratch, self.store / INCOMING):
            shutil.rmtree(left, ignore_errors=True)
        scratch.mkdir()
        hosts = ",".join(filter(None, (self._allowed_hosts, self._choices.get(HOSTS))))
        own = {
            "WORKER_HEALTH_PORT": str(self._health_port),
            "TMPDIR": str(scratch),
            HOSTS: hosts,
            "WEBHOOK_SECRETS": read_webhook_secret(self.folder),
            "PUBLIC_URL": self.url,
        }
        environ = {**self._choices, **self._environ(), **own, **self._invoke_environ()}
        self.worker = self._start_part("worker", ["worker"], environ)
        return self.worker

    def _stop_worker(self) -> None:
        self.worker.stop()  # the latest one

    @property
    def _server_folder(self) -> Path:
        return self.folder / "server"

    @property
    def store(self) -> Path:
        """The folder of the object store."""
        return self.folder / "store"

    @property
    def trigger_settings(self) -> Settings:
        """The settings that the trigger has, for a program that does the same."""
        return Settings.from_env(self._gateway_environ())

    @property
    def outbox(self) -> Path:
        """The folder that notices are written to."""
        return self.folder / "outbox"

    def _environ(self) -> dict[str, str]:
        return {
            **base_environ(self._environment),
            "RESONATE_URL": self.server.url,
            "KEEPER_URL": f"http://{HOST}:{self._keeper_port}",
            "STORE_URL": self.store.as_uri(),
            "NOTIFY_URL": self.outbox.as_uri(),
            "DECISION_KEY": read_decision_key(self.folder),
            "WORKER_LEASE_SECONDS": str(LEASE_SECONDS),
            "WORKER_GRACE_SECONDS": str(GRACE_SECONDS),
        }

    def _keeper_environ(self) -> dict[str, str]:
        """Return the variables of the keeper, which reads the server's own database."""
        file = self._server_folder / self._server_program.database
        own = {"SQLITE_FILE": str(file), "KEEPER_PORT": str(self._keeper_port)}
        return {**base_environ(self._environment), **own}

    def _type_environ(self) -> dict[str, str]:
        return {"KNOWN_TYPES": list_known_types(self._choices)} if TYPES in self._choices else {}

    def _gateway_environ(self) -> dict[str, str]:
        """Return the variables of the trigger. It signs addresses for uploads, which the gateway takes itself."""
        signing = {
            "UPLOADS_URL": f"{self.url}{UPLOADS_PATH}",
            "AWS_REGION": "laptop",
            "AWS_ACCESS_KEY_ID": "laptop",
            "AWS_SECRET_ACCESS_KEY": token_hex(),
        }
        return {**self._environ(), **self._type_environ(), **signing}

    def _functions_words(self) -> list[str]:
        limit = 2 * FUNCTION_CONCURRENCY  # invocations of a killed worker may still run beside those of the next one
        return ["local.invoke_api", "--port", str(self._functions_port), "--limit", str(limit)]

    def _invoke_environ(self) -> dict[str, str]:
        """Return the worker's variables for the functions; AWS' own name gives the address of the stand-in."""
        return {
            "FUNCTION_ARN": FUNCTION_ARN,
            "WORKER_FUNCTION_CONCURRENCY": str(FUNCTION_CONCURRENCY),
            "AWS_ENDPOINT_URL_LAMBDA": f"http://{HOST}:{self._functions_port}",
        }

    def _is_working(self) -> bool:
        """Return whether the worker takes jobs: its probe of the server succeeded."""
        return ask_worker(self._health_port, "ready") is None

    def _is_answering(self) -> bool:
        """Return whether the handler answers: it is imported, which takes seconds, and its settings are valid."""
        return has_status(self.port, "/status/", HTTPStatus.BAD_REQUEST, timeout=PROCESS_TIMEOUT)

    def describe_failure(self) -> str | None:
        """Describe the part that has ended by itself, if there is one."""
        parts = (self.worker, self.functions, self.gateway, self.keeper, self.server)
        return next((part.describe_exit() for part in parts if part.has_ended), None)
