"""A lab for long documents: a server, a web server with documents, and worker processes that record what they read."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aws_lambda_powertools import Logger

from contract.answers import Progress
from contract.api_value import ApiValue
from contract.job import DocumentJob, DocumentType
from contract.model import Value
from contract.names import DOCUMENTS_ADDRESS, PROCESS_DOCUMENT, VERSION, promise_id
from contract.reading import Pages, PageText
from durable.wire.client import Client
from durable.wire.records import Promise
from durable.wire.requests import PromiseSearch, PromiseSettle
from lambdas.trigger.progress import ProgressReader
from lambdas.trigger.progress_store import ProgressStore
from local.server_process import ROOT, ServerProcess
from tests import warm_start
from tests.calls import start_request
from tests.durable.worker_lab import StartedWorker, value_of
from tests.evidence import FOLDER, Evidence
from tests.waiting import wait_until
from tests.worker.document_site import Site

MARK = "pages"  # workers record their events under it


@dataclass
class DocumentLab:
    """A server, documents, and the workers that a test starts."""

    server: ServerProcess
    site: Site
    folder: Path
    workers: list[StartedWorker] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.evidence = Evidence(self.folder)
        self.client = Client(self.server.url)
        store = (self.folder / "store").as_uri()
        self.environ = {
            "RESONATE_URL": self.server.url,
            "STORE_URL": store,
            "NOTIFY_URL": (self.folder / "outbox").as_uri(),
            "ALLOWED_HOSTS": self.site.host,
            "WORKER_PAGE_SLOTS": "1",
        }
        self._progress = ProgressReader(ProgressStore(store), Logger(service="lab", level="CRITICAL"))

    def start(self, *, lease: int = 60, slots: int = 1, grace: int = 20, **options: object) -> StartedWorker:
        """Start a worker, and return it once it listens to the server for both groups."""
        name = f"worker-{len(self.workers)}"
        log, file = self.folder / f"{name}.log", self.folder / f"{name}.json"
        environ = {
            **self.environ,
            "WORKER_LEASE_SECONDS": str(lease),
            "WORKER_PAGE_SLOTS": str(slots),
            "WORKER_GRACE_SECONDS": str(grace),
        }
        arguments = json.dumps({"environ": environ, "gauges": str(file), "mark": MARK, **options})
        with log.open("wb") as out:
            process = warm_start.start(
                [sys.executable, "-m", "tests.worker.lab_worker", arguments],
                cwd=ROOT, stdin=subprocess.PIPE, stdout=out, stderr=out,
                env={**os.environ, FOLDER: str(self.folder)},
            )  # fmt: skip
        self.workers.append(StartedWorker(process, log, file))
        self.workers[-1].wait_for("ready")
        return self.workers[-1]

    def submit(self, name: str, content: bytes) -> str:
        """Create a document's job as the trigger does; return its promise id."""
        job = DocumentJob(
            job_id=name,
            document_url=self.site.serve(f"{name}.pdf", content),
            requester_id="client",
            type=DocumentType.REPORT,
        )
        return self.start_workflow(promise_id(name), PROCESS_DOCUMENT, job, DOCUMENTS_ADDRESS)

    def start_workflow(
        self, promise: str, workflow: str, value: ApiValue | Value, address: str, *, version: int = VERSION
    ) -> str:
        """Create a promise that runs a workflow with one argument at an address; return its id."""
        self.client.create(start_request(promise, workflow, value, target=address, version=version))
        return promise

    def cancel(self, promise: str) -> None:
        """Cancel a job as any client that reaches the server can."""
        self.client.settle(PromiseSettle(id=promise, state="rejected_canceled"))

    def wait_until_settled(self, promise: str) -> Promise:
        """Return a promise once it is settled."""

        def get_settled() -> Promise | None:
            found = self.client.get(promise)
            return None if found.state == "pending" else found

        return wait_until(get_settled, lambda: f"{promise} is pending: {self.evidence.lines()} {self.log_tails}")

    def wait_for_failure(self, promise: str) -> dict[str, str]:
        """Return the error that a job failed with."""
        found = self.wait_until_settled(promise)
        assert found.state == "rejected", found
        error: dict[str, str] = json.loads(value_of(found)["message"])
        return error

    def find_parts(self, promise: str) -> list[Promise]:
        """Return the promises that a job created, in the order of their ids."""
        found = self.client.search_all(PromiseSearch(tags={"resonate:origin": promise}))
        return [one for one in found if one.id != promise]

    def find_global_parts(self, promise: str) -> list[Promise]:
        """Return those promises of a job that any worker may run."""
        return [one for one in self.find_parts(promise) if one.tags["resonate:scope"] == "global"]

    def load_pages(self, name: str) -> tuple[PageText, ...]:
        """Return the text of a job's document."""
        [file] = (self.folder / "store" / "jobs" / name).glob("text-*.json")
        return Pages.model_validate_json(file.read_text()).pages

    def read_progress(self, name: str) -> Progress | None:
        """Return the progress that a client of the API reads."""
        seen = self._progress.read(name)
        return seen.progress if seen else None

    def find_batches(self, event: str = "began") -> list[str]:
        """Return the batches for which workers recorded the event."""
        return [
            line.removeprefix(f"{event}-") for line in self.evidence.events_of(MARK) if line.startswith(f"{event}-")
        ]

    def wait_for_batches(self, count: int) -> list[int]:
        """Wait until workers began so many batches; return the process id of each."""

        def find_processes() -> list[int] | None:
            found = [line.pid for line in self.evidence.lines() if line.event.startswith("began-")]
            return found if len(found) >= count else None

        return wait_until(find_processes, lambda: f"{self.evidence.lines()} {self.log_tails}")

    @property
    def log_tails(self) -> Sequence[str]:
        """The end of each worker's log."""
        return [worker.log_tail for worker in self.workers]

    def end(self) -> None:
        """End every worker, and print its log, which pytest shows if the test failed."""
        for worker in self.workers:
            worker.kill()
            print(worker.log.name, worker.log_tail, sep="\n")  # noqa: T201 pytest shows it for a failed test
        self.client.close()
