"""One cell on a laptop: a server with its keeper, its functions and its worker."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from typing import Final

from contract.cells import FIRST_CELL
from worker.health import ask_worker

from .events import FUNCTION_ARN
from .logged_process import LoggedProcess, StartProcess
from .parts import Part, TetheredProgram
from .server_process import (
    HOST,
    EmbeddedProgram,
    Options,
    RealProgram,
    ServerProcess,
    free_port,
    has_status,
    is_listening,
    start,
)

# Milliseconds: the longest wait of a job that arrives while no worker listens.
RETRY_TIMEOUT: Final = 2_000
FUNCTION_CONCURRENCY: Final = 4  # invocations at a time, each in a process of its own

type Environ = Callable[[], Mapping[str, str]]  # returns the variables of a process; complete once all servers run


class Cell:
    """The processes of one cell. The first one has its files in the folder of the system."""

    def __init__(
        self, name: str, folder: Path, server_program: EmbeddedProgram | RealProgram, start_process: StartProcess
    ) -> None:
        self.name: Final = name
        self.folder: Final = folder if name == FIRST_CELL else folder / f"cell-{name}"
        self._program: Final = server_program
        self._start_process: Final = start_process
        self._functions_port: Final = free_port()
        self._keeper_port: Final = free_port()
        self.keeper_url: Final = f"http://{HOST}:{self._keeper_port}"
        self._server_folder: Final = self.folder / "server"

    def start_server(self, port: int = 0) -> ServerProcess:
        """Start the server on its data."""
        self.folder.mkdir(parents=True, exist_ok=True)
        program, options = TetheredProgram(self._program), Options(retry_timeout=RETRY_TIMEOUT)
        self.server = start(program, self._server_folder, options=options, port=port, start_process=self._start_process)
        return self.server

    def stop_server(self) -> None:
        """Stop the latest server."""
        self.server.stop()

    def start_parts(self, stack: ExitStack, base: Mapping[str, str], environ: Environ, of_worker: Environ) -> None:
        """Start the other processes, which end with the stack."""
        file = self._server_folder / self._program.database
        of_keeper = {**base, "SQLITE_FILE": str(file), "KEEPER_PORT": str(self._keeper_port)}
        self.keeper = stack.enter_context(self._start_part("keeper", ["keeper"], of_keeper))
        self.functions = stack.enter_context(self._start_part("functions", self._make_functions_words(), environ()))
        self.start_worker(of_worker)
        stack.callback(self._stop_worker)

    def start_worker(self, environ: Environ) -> Part:
        """Start a worker process, and delete the files that a killed one left behind."""
        self._health_port = free_port()
        scratch = self.folder / "tmp"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        own = {
            "WORKER_HEALTH_PORT": str(self._health_port),
            "TMPDIR": str(scratch),
            "FUNCTION_ARN": FUNCTION_ARN,
            "WORKER_FUNCTION_CONCURRENCY": str(FUNCTION_CONCURRENCY),
            "AWS_ENDPOINT_URL_LAMBDA": f"http://{HOST}:{self._functions_port}",  # AWS' own name, for a stand-in
        }
        self.worker = self._start_part("worker", ["worker"], {**environ(), **own})
        return self.worker

    def _stop_worker(self) -> None:
        self.worker.stop()  # the latest one

    def wait_until_ready(self) -> None:
        """Wait until each process answers; the worker's probe of the server has succeeded by then."""
        self.keeper.wait_until(lambda: has_status(self._keeper_port, "/ready", HTTPStatus.OK))
        self.functions.wait_until(lambda: is_listening(self._functions_port))
        self.worker.wait_until(lambda: ask_worker(self._health_port, "ready") is None)

    def list_parts(self) -> Iterator[LoggedProcess]:
        """Yield the processes."""
        yield from (self.worker, self.functions, self.keeper, self.server)

    def _start_part(self, name: str, words: list[str], environ: Mapping[str, str]) -> Part:
        return Part(name, words, self.folder, environ, self._start_process)

    def _make_functions_words(self) -> list[str]:
        limit = 2 * FUNCTION_CONCURRENCY  # invocations of a killed worker may still run beside those of the next worker
        return ["local.invoke_api", "--port", str(self._functions_port), "--limit", str(limit)]
