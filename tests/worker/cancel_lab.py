"""A lab in which a test submits and cancels jobs, and a worker sends notices of how they ended."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from contract.job import DocumentJob, DocumentType
from contract.names import DOCUMENTS_ADDRESS, ENDING, JOB, PROCESS_DOCUMENT, VERSION, Tag, promise_id
from contract.notice import Notice
from durable.wire.client import Client
from durable.wire.requests import PromiseSearch, PromiseSettle
from local.server_process import ServerProcess
from tests.calls import HOUR, start_request
from tests.waiting import wait_until
from worker.bootstrap import build_worker
from worker.settings import Settings


@dataclass
class CancelLab:
    """A server, and the folder of a worker's store and outbox."""

    server: ServerProcess
    folder: Path

    def __post_init__(self) -> None:
        self.client = Client(self.server.url)
        self.settings = Settings.from_env(
            {
                "RESONATE_URL": self.server.url,
                "STORE_URL": (self.folder / "store").as_uri(),
                "NOTIFY_URL": (self.folder / "outbox").as_uri(),
                "WORKER_ENDINGS_SECONDS": "1",
            }
        )

    def submit(self, job_id: str, lifetime: int = HOUR, address: str = DOCUMENTS_ADDRESS) -> None:
        """Create a job's promise as the trigger does."""
        job = DocumentJob(
            job_id=job_id,
            document_url="https://127.0.0.1/never",
            requester_id="client",
            type=DocumentType.INVOICE,
        )
        tags: dict[str, str] = {Tag.KIND: JOB, Tag.TYPE: job.type, Tag.REQUESTER: job.requester_id}
        request = start_request(
            promise_id(job_id), PROCESS_DOCUMENT, job, target=address, version=VERSION, lifetime=lifetime, tags=tags
        )
        self.client.create(request)

    def cancel(self, job_id: str) -> None:
        """Cancel a job as any client that reaches the server can."""
        self.client.settle(PromiseSettle(id=promise_id(job_id), state="rejected_canceled"))

    def wait_for(self, condition: Callable[[], object]) -> None:
        """Run a worker until the condition holds."""
        process = build_worker(self.settings)

        async def work() -> None:
            working = asyncio.create_task(process.serve())
            try:
                await asyncio.to_thread(
                    wait_until, lambda: condition() or None, lambda: f"{self.load_notices()} {process.gauges}"
                )
            finally:
                process.stop()
                await working

        asyncio.run(work())

    def load_notices(self) -> dict[str, Notice]:
        """Return the notices that were sent, by key."""
        files = (self.folder / "outbox").glob("*.json")
        return {file.stem: Notice.model_validate_json(file.read_text()) for file in files}

    def count_endings(self) -> int:
        """Return how many promises of endings the server has."""
        return len(list(self.client.search_all(PromiseSearch(tags={Tag.KIND: ENDING}))))
