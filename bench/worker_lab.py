"""A server with measured worker processes, for `recovery` and `backlog`."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from durable.wire.client import Client
from local.parts import Part
from local.server_process import EmbeddedProgram, Options, ServerProcess, start

from .worker_process import run_worker
from .workflows import FOLDER_VARIABLE

PROGRAMS: Final = {"ours": "our runtime", "facade": "the SDK's facade"}
GROUP: Final = "bench"
DAY_SECONDS: Final = 24 * 3_600


class MeasuredWorker(Part):
    """A worker process that writes gauges into a file beside its log."""

    @property
    def gauges(self) -> Mapping[str, Any]:
        """Its latest gauges."""
        gauges: Mapping[str, Any] = json.loads(self.log.with_suffix(".json").read_text())
        return gauges


class WorkerLab:
    """A server, and the workers started so far."""

    def __init__(self, server: ServerProcess, folder: Path, stack: ExitStack) -> None:
        self.folder: Final = folder
        self._url: Final = server.url
        self._client: Final = stack.enter_context(Client(server.url))
        self._stack: Final = stack
        self._size = 0

    def start(self, program: str, **settings: object) -> MeasuredWorker:
        """Start a worker, and return it once it is connected."""
        self._size += 1
        name = f"worker-{self._size}"
        arguments = json.dumps({"url": self._url, "group": GROUP, "concurrency": 4, **settings})
        words = ["bench.measured_worker", program, arguments, str(self.folder / f"{name}.json")]
        environ = {**os.environ, FOLDER_VARIABLE: str(self.folder)}
        return self._stack.enter_context(run_worker(MeasuredWorker(name, words, self.folder, environ)))

    def create(self, job: str, workflow: str, *args: object) -> None:
        """Create a job."""
        self._client.start(job, workflow, *args, target=f"poll://any@{GROUP}", timeout=DAY_SECONDS)


@contextmanager
def open_lab(options: Options) -> Iterator[WorkerLab]:
    """Run a server inside the block; the end of the block kills all processes."""
    with TemporaryDirectory() as name, ExitStack() as stack:
        server = stack.enter_context(start(EmbeddedProgram(), Path(name) / "server", options=options))
        yield WorkerLab(server, Path(name), stack)
