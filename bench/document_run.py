"""One job with a long document: a server, a counting relay, and worker processes."""

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

from .relay import Relay, open_relay
from .worker_lab import wait_until

_JOB: Final = "long"
_DAY_MS: Final = 24 * 3_600_000
_READY_LINES: Final = 2  # of a worker: one for each group


@dataclass(frozen=True, kw_only=True)
class DocumentCost:
    """The time of a job, its parts, and its traffic between workers and server."""

    seconds: float
    parts: int
    requests: int
    sent: int
    received: int


@dataclass(frozen=True, kw_only=True)
class DocumentSystem:
    """The running processes."""

    folder: Path
    client: Client
    relay: Relay
    workers: Sequence[int]  # process ids

    def read(self, url: str, *, timeout: float) -> DocumentCost:
        """Run a job with this document, and return its cost."""
        before = self.relay.requests, self.relay.sent, self.relay.received
        begun = time.perf_counter()
        promise = _create(self.client, url)

        def find_settled() -> Promise | None:
            found = self.client.get(promise)
            return None if found.state == "pending" else found

        ended = wait_until(find_settled, lambda: "the job does not end", timeout)
        seconds = time.perf_counter() - begun
        if ended.state != "resolved":
            why = base64.b64decode(ended.value.data or "").decode()
            raise RuntimeError(f"the job ended as {ended.state}: {why}")
        now = self.relay.requests, self.relay.sent, self.relay.received
        requests, sent, received = (later - earlier for later, earlier in zip(now, before, strict=True))
        parts = sum(1 for _ in self.client.search_all(PromiseSearch(tags={"resonate:origin": promise}))) - 1
        return DocumentCost(seconds=seconds, parts=parts, requests=requests, sent=sent, received=received)

    def pages(self) -> tuple[PageText, ...]:
        """Return the text of each page."""
        [file] = (self.folder / "store" / "jobs" / _JOB).glob("text-*.json")
        return Pages.model_validate_json(file.read_text()).pages


@contextmanager
def open_system(
    server_program: ServerProgram, host: str, *, program: str, workers: int, **environ: str
) -> Iterator[DocumentSystem]:
    """Run a server, a relay and worker processes of a program inside the block."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        server = stack.enter_context(start(server_program, folder / "server", options=Options()))
        relay = stack.enter_context(open_relay(server.port))
        env = {
            "RESONATE_URL": relay.url,
            "STORE_URL": (folder / "store").as_uri(),
            "NOTIFY_URL": (folder / "outbox").as_uri(),
            "ALLOWED_HOSTS": host,
            **environ,
        }
        logs = [folder / f"worker-{number}.log" for number in range(workers)]
        pids = [stack.enter_context(_worker(program, log, env)) for log in logs]
        client = stack.enter_context(Client(server.url))
        yield DocumentSystem(folder=folder, client=client, relay=relay, workers=pids)


def _create(client: Client, url: str) -> str:
    job = DocumentJob(job_id=_JOB, document_url=url, requester_id="bench")
    request = root_promise(
        promise_id(job.job_id),
        PROCESS_DOCUMENT,
        job,
        version=VERSION,
        target=DOCUMENTS_ADDRESS,
        timeout_at=int(time.time() * 1000) + _DAY_MS,
    )
    return client.create(request).id


@contextmanager
def _worker(program: str, log: Path, env: Mapping[str, str]) -> Iterator[int]:
    environ = {**base_environ(os.environ), **env}
    with log.open("wb") as out:
        command = tether_command([sys.executable, "-m", program])
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=out, stderr=out)
    try:
        wait_until(lambda: log.read_text().count("ready") >= _READY_LINES or None, log.read_text)
        yield process.pid
    finally:
        process.kill()
        process.wait()
