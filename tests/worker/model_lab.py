"""A lab for costs: its workers ask a model provider that counts the answers it charges for.

An answer has 100 tokens in and 20 out, so it costs 0.002 USD at these prices.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from aws_lambda_powertools import Logger

from contract.answers import Waiting
from contract.decision import Decision
from contract.job import DocumentJob
from contract.names import DOCUMENTS_ADDRESS, PROCESS_DOCUMENT, promise_id
from contract.notice import Notice
from contract.result import DocumentResult, StoredResult
from durable.wire.records import Value
from durable.wire.requests import PromiseSettle
from lambdas.trigger.decision import decide
from lambdas.trigger.progress import ProgressReader
from lambdas.trigger.progress_store import ProgressStore
from lambdas.trigger.questions import Question, find_reason
from local.server_process import ServerProcess
from tests.analysis.provider import ModelRequest, Provider, Reply, serve_provider
from tests.durable.worker_lab import value_of
from tests.waiting import wait_until
from tests.worker import documents
from tests.worker.document_lab import DocumentLab
from tests.worker.document_site import Site

PRICES = "10,50"
ANSWER_USD = 0.002
LINE = "This page carries a text layer that is long enough"
SHORT_PDF = documents.make_pdf(LINE)


def answer_any_form(_: ModelRequest) -> Reply:
    """Answer with what every form accepts."""
    return {"summary": "fine"}


@dataclass
class ModelLab:
    """A document lab with a model provider."""

    lab: DocumentLab
    provider: Provider

    def submit(self, name: str, content: bytes = SHORT_PDF, **more: Any) -> str:  # noqa: ANN401 fields of a job
        """Create a document's job; return its promise id."""
        url = self.lab.site.serve(f"{name}.pdf", content)
        job = DocumentJob(job_id=name, document_url=url, requester_id="client", **more)
        return self.lab.start_workflow(promise_id(name), PROCESS_DOCUMENT, job, DOCUMENTS_ADDRESS)

    def wait_for_result(self, promise: str) -> DocumentResult:
        """Return the result of a job once it is done."""
        found = self.lab.wait_until_settled(promise)
        assert found.state == "resolved", value_of(found)
        return DocumentResult.model_validate(value_of(found))

    def load_result(self, name: str) -> StoredResult:
        """Return the result of a job as the store has it."""
        return StoredResult.model_validate_json((self.lab.folder / "store/jobs" / name / "result.json").read_text())

    def load_notice(self, name: str, outcome: str) -> Notice:
        """Return the notice of a job that has ended; it is sent a moment later."""
        file = self.lab.folder / "outbox" / f"{name}.{outcome}.json"
        wait_until(file.exists, lambda: f"{name} has no notice: {self.lab.log_tails}")
        return Notice.model_validate_json(file.read_text())

    def wait_until_waiting(self, name: str, *, not_for: str = "") -> Waiting:
        """Return what a job waits for, once its progress shows it; `not_for` is a promise to ignore."""
        progress = self._progress

        def find_waiting() -> Waiting | None:
            stored = progress.read(name)
            found = stored.waiting if stored else None
            return found if found and found.promise != not_for else None

        return wait_until(find_waiting, lambda: f"{name} waits for nothing: {self.lab.log_tails}")

    def decide(self, name: str, promise: str, *, max_cost_usd: float | None) -> None:
        """Approve with a new limit, or reject without one, as the API does."""
        client = self.lab.client
        record, job = client.get(promise), client.get(promise_id(name))
        reason = find_reason(record)
        assert reason, record
        decision = Decision(approve=max_cost_usd is not None, max_cost_usd=max_cost_usd)
        decided = decide(Question(promise=record, job=job, reason=reason), decision, client)
        assert decided.decision == f"{name}:{promise.rpartition(':')[2]}"

    @property
    def _progress(self) -> ProgressReader:
        log = Logger(service="models", level="CRITICAL")
        return ProgressReader(ProgressStore(self.lab.environ["STORE_URL"]), log)

    def settle(self, promise: str, value: object, state: Literal["resolved", "rejected"] = "resolved") -> None:
        """Settle a promise as any client that reaches the server can."""
        self.settle_with_data(promise, b64encode(json.dumps(value).encode()).decode(), state)

    def settle_with_data(self, promise: str, data: str, state: Literal["resolved", "rejected"] = "resolved") -> None:
        """Settle a promise with raw data, which may be unreadable."""
        self.lab.client.settle(PromiseSettle(id=promise, state=state, value=Value(data=data)))

    def find_log_lines(self, event: str) -> list[dict[str, Any]]:
        """Return the lines of every worker's log that have the event."""
        return [dict(line) for worker in self.lab.workers for line in worker.log_lines if line.get("event") == event]


@contextmanager
def open_model_lab(
    server: ServerProcess, site: Site, folder: Path, answer: Callable[[ModelRequest], Reply] = answer_any_form
) -> Iterator[ModelLab]:
    """Open a lab. The test starts its workers; they end with the block."""
    with serve_provider(answer) as provider:
        lab = DocumentLab(server, site, folder)
        lab.environ |= {"ANALYZER": "openai:some-model", "LLM_BASE_URL": f"{provider.url}/v1", "LLM_PRICES": PRICES}
        try:
            yield ModelLab(lab, provider)
        finally:
            lab.end()
