"""A long document's way through the system: a server, a relay that counts, worker processes, and one job."""

import base64
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contract.job import DocumentJob
from contract.names import DOCUMENTS_ADDRESS, PROCESS_DOCUMENT, VERSION, promise_id
from contract.reading import Pages, PageText
from local.choices import base_environ
from local.server_process import ROOT, Options, ServerProgram, start
from local.tether import tether_command
from wire.client import Client
from wire.records import Promise
from wire.requests import PromiseSearch
from wire.roots import root_promise

from .crew import wait_until
from .relay import Relay, relay

_JOB: Final = "long"
_DAY: Final = 24 * 3_600_000  # ms
_GROUPS: Final = 2  # that a worker says it is ready for


@dataclass(frozen=True, kw_only=True)
class Took:
    """What a job took, and what passed between the workers and the server for it."""

    seconds: float
    parts: int
    requests: int
    sent: int
    received: int


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Everything that runs."""

    folder: Path
    client: Client
    passing: Relay
    workers: Sequence[int]  # their processes

    def read(self, url: str, *, patience: float) -> Took:
        """Have a document read, and say what it took."""
        before = self.passing.requests, self.passing.sent, self.passing.received
        begun = time.perf_counter()
        promise = _create(self.client, url)

        def settled() -> Promise | None:
            found = self.client.get(promise)
            return None if found.state == "pending" else found

        ended = wait_until(settled, lambda: "it does not end", patience)
        seconds = time.perf_counter() - begun
        if ended.state != "resolved":
            why = base64.b64decode(ended.value.data or "").decode()
            raise RuntimeError(f"the job ended as {ended.state}: {why}")
        now = self.passing.requests, self.passing.sent, self.passing.received
        requests, sent, received = (later - earlier for later, earlier in zip(now, before, strict=True))
        parts = sum(1 for _ in self.client.search_all(PromiseSearch(tags={"resonate:origin": promise}))) - 1
        return Took(seconds=seconds, parts=parts, requests=requests, sent=sent, received=received)

    def pages(self) -> tuple[PageText, ...]:
        """Return what was read."""
        [file] = (self.folder / "store" / "jobs" / _JOB).glob("text-*.json")
        return Pages.model_validate_json(file.read_text()).pages


@contextmanager
def scene(server_program: ServerProgram, host: str, *, program: str, workers: int, **environ: str) -> Iterator[Scene]:
    """Start everything; the workers are so many processes of a program."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        server = stack.enter_context(start(server_program, folder / "server", options=Options()))
        passing = stack.enter_context(relay(server.port))
        own = {
            "RESONATE_URL": passing.url,
            "STORE_URL": (folder / "store").as_uri(),
            "NOTIFY_URL": (folder / "outbox").as_uri(),
            "ALLOWED_HOSTS": host,
            **environ,
        }
        logs = [folder / f"worker-{number}.log" for number in range(workers)]
        pids = [stack.enter_context(_worker(program, log, own)) for log in logs]
        client = stack.enter_context(Client(server.url))
        yield Scene(folder=folder, client=client, passing=passing, workers=pids)


def _create(client: Client, url: str) -> str:
    job = DocumentJob(job_id=_JOB, document_url=url, requester_id="bench")
    request = root_promise(
        promise_id(job.job_id),
        PROCESS_DOCUMENT,
        job,
        version=VERSION,
        target=DOCUMENTS_ADDRESS,
        timeout_at=int(time.time() * 1000) + _DAY,
    )
    return client.create(request).id


@contextmanager
def _worker(program: str, log: Path, own: Mapping[str, str]) -> Iterator[int]:
    environ = {**base_environ(os.environ), **own}
    with log.open("wb") as out:
        command = tether_command([sys.executable, "-m", program])
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=out, stderr=out)
    try:
        wait_until(lambda: log.read_text().count("ready") >= _GROUPS or None, log.read_text)
        yield process.pid
    finally:
        process.kill()
        process.wait()
