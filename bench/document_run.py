"""One job with a long document: a server, a counting relay, and worker processes."""

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contract.job import DocumentJob
from contract.names import DOCUMENTS_ADDRESS, PROCESS_DOCUMENT, VERSION, promise_id
from contract.reading import Pages, PageText
from durable.wire.client import Client
from durable.wire.requests import PromiseSearch
from local.choices import base_environ
from local.parts import Part
from local.server_process import Options, ServerProgram, start

from .relay import Relay, open_relay
from .worker_process import run_worker

_JOB_ID: Final = "long"
_DAY_SECONDS: Final = 24 * 3_600
_GROUPS: Final = 3  # of a worker: jobs, pages, chunks


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
    worker_pids: Sequence[int]

    def run_job(self, url: str, *, timeout: float) -> DocumentCost:
        """Run a job with this document, and return its cost."""
        before = self.relay.requests, self.relay.sent, self.relay.received
        started_at = time.perf_counter()
        job = DocumentJob(job_id=_JOB_ID, document_url=url, requester_id="bench")
        promise = promise_id(_JOB_ID)
        self.client.start(
            promise, PROCESS_DOCUMENT, job, target=DOCUMENTS_ADDRESS, timeout=_DAY_SECONDS, version=VERSION
        )
        self.client.result(promise, timeout=timeout)
        seconds = time.perf_counter() - started_at
        now = self.relay.requests, self.relay.sent, self.relay.received
        requests, sent, received = (later - earlier for later, earlier in zip(now, before, strict=True))
        parts = sum(1 for _ in self.client.search_all(PromiseSearch(tags={"resonate:origin": promise}))) - 1
        return DocumentCost(seconds=seconds, parts=parts, requests=requests, sent=sent, received=received)

    def read_pages(self) -> tuple[PageText, ...]:
        """Return the text of each page."""
        [file] = (self.folder / "store" / "jobs" / _JOB_ID).glob("text-*.json")
        return Pages.model_validate_json(file.read_text()).pages


@contextmanager
def open_system(
    server_program: ServerProgram, host: str, *, program: str, workers: int, **settings: str
) -> Iterator[DocumentSystem]:
    """Run a server, a relay and worker processes of a program inside the block."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        server = stack.enter_context(start(server_program, folder / "server", options=Options()))
        relay = stack.enter_context(open_relay(server.port))
        environ = {
            **base_environ(os.environ),
            "RESONATE_URL": relay.url,
            "STORE_URL": (folder / "store").as_uri(),
            "NOTIFY_URL": (folder / "outbox").as_uri(),
            "ALLOWED_HOSTS": host,
            **settings,
        }
        parts = [Part(f"worker-{number}", [program], folder, environ) for number in range(workers)]
        for part in parts:
            stack.enter_context(run_worker(part, _GROUPS))
        client = stack.enter_context(Client(server.url))
        pids = [part.process.pid for part in parts]
        yield DocumentSystem(folder=folder, client=client, relay=relay, worker_pids=pids)
