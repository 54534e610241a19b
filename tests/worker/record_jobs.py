"""Records one job of each shape: `python -m tests.worker.record_jobs`. `durable replay` compares them with later code.

All jobs run; with names of shapes as arguments, only the recordings of these are written. Server and worker are real;
the provider of models listens on the loopback address. Run it when a workflow has a new version, and keep the
recordings of the old version as long as the worker knows it.
"""

import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from copy import replace
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from contract import names
from contract.api_value import ApiValue
from contract.delivery import Delivery
from contract.delivery_log import EventName
from contract.ended_jobs import EndedJobRef
from contract.job import Approval, DocumentJob, DocumentType, ReviewRule
from contract.model import Value
from contract.notice import EndedJob, JobEvent
from contract.object_keys import job_prefix
from contract.page_image import PageRequest
from contract.reading import MediaType, Original
from durable import Workflow
from durable.command.record_command import record_job
from durable.replay.recording import Recording
from durable.wire.errors import NotFound
from lambdas.trigger.batches import store_jobs
from local.server_process import EmbeddedProgram
from tests import warm_start
from tests.analysis.provider import ModelRequest, Refusal, Reply
from tests.waiting import wait_until
from tests.webhooks.receiver import Receiver, serve_receiver
from tests.worker import documents
from tests.worker.document_lab import DocumentLab
from tests.worker.document_site import serve_site
from tests.worker.fake_ports import make_ports
from tests.worker.long_text import answer_question, end_sleep, make_long_pdf, wait_for_sleeps
from tests.worker.model_lab import LINE, ModelLab, open_model_lab
from worker.adapters.object_store import Store
from worker.bootstrap import Workflows
from worker.workflows.batch_workflow import SLICE_SIZE

FOLDER: Final = Path(__file__).parent / "recorded"
_PAUSE_SECONDS: Final = "60"  # that the provider asks for: too long for memory
_THROTTLED_LINE: Final = "This page makes the provider refuse the first question about it"
_RECORDED_FOLDER: Final = "/recorder"  # in place of the temporary one: a recording made again differs in what matters
_EVENT: Final = JobEvent(key="a.done", name=EventName.DONE, job_id="a", at="2026-11-29T16:00:00Z", data={})
_LOW_LIMIT_USD: Final = 0.01
_SUFFICIENT_LIMIT_USD: Final = 1.0


def workflows() -> list[Workflow[..., object]]:
    """Return the workflows of the worker; a replay runs no step, so the ports are never used."""
    ports = make_ports(Store.open(FOLDER.as_uri()))
    return list(
        Workflows.make(
            ports,
            group=names.DOCUMENTS,
            pages_group=names.PAGES,
            chunks_group=names.CHUNKS,
            notices_group=names.NOTICES,
        ).all
    )


@dataclass
class Provider:
    """Refuses the first question about the throttled page."""

    has_refused: bool = False

    def answer(self, asked: ModelRequest) -> Reply | Refusal:
        """Answer a question."""
        if _THROTTLED_LINE in asked.text and not self.has_refused:
            self.has_refused = True
            return Refusal(429, headers={"Retry-After": _PAUSE_SECONDS})
        return answer_question(asked)


@dataclass(frozen=True)
class Recorder:
    """Starts a job of each shape, and drives it to its end."""

    models: ModelLab
    receiver: Receiver

    @property
    def lab(self) -> DocumentLab:
        """The lab."""
        return self.models.lab

    def start_all(self) -> Mapping[str, str]:
        """Start a job of each shape; return the ids of their promises."""
        digital = documents.make_pdf(LINE)
        job = self._make_job("estimate", digital)
        missing = replace(self._make_job("missing", digital), document_url=f"{job.document_url}.not")
        with_receiver = replace(self._make_job("receiver", digital), callback_url=self.receiver.url)
        closed = EndedJobRef(job_id="closed", requester_id="client", type=DocumentType.REPORT)
        ended = EndedJob(job_id="missing", requester_id="client", type=DocumentType.REPORT)
        started = {
            "digital": self.lab.submit("digital", digital),
            "split": self.lab.submit("split", documents.make_pdf(*["-"] * 12)),
            "long": self.lab.submit("long", documents.make_pdf(*["-"] * 130)),
            "chunks": self.lab.submit("chunks", make_long_pdf(6)),
            "groups": self.lab.submit("groups", make_long_pdf(17)),
            "missing": self._start(names.promise_id("missing"), names.PROCESS_DOCUMENT, missing, names.VERSION),
            "throttled": self.lab.submit("throttled", documents.make_pdf(_THROTTLED_LINE)),
            "costly": self.models.submit("costly", digital, max_cost_usd=_LOW_LIMIT_USD),
            "reviewed": self.models.submit("reviewed", digital, approval=Approval(required=ReviewRule.ALWAYS)),
            "estimate": self._start(
                "estimate/estimate", names.ESTIMATE_DOCUMENT, job, names.ESTIMATE_DOCUMENT_VERSION
            ),
            "ending": self._start(
                names.ending_id("ending"), names.NOTIFY_ENDING, ended, names.NOTIFY_ENDING_VERSION
            ),
            "receiver": self._start(names.promise_id("receiver"), names.PROCESS_DOCUMENT, with_receiver, names.VERSION),
            "receiver-ending": names.ending_id("receiver"),  # which the job before starts
            "revocation": self._start(
                names.revocation_id("closed"), names.REVOKE_JOB, closed, names.REVOKE_JOB_VERSION
            ),
            "erasure": self._start(names.erasure_id("closed"), names.ERASE_JOB, closed, names.ERASE_JOB_VERSION),
            "delivery": self._start(
                names.delivery_id("a.done"),
                names.DELIVER_EVENT,
                Delivery(url=self.receiver.url, event=_EVENT),
                names.DELIVER_EVENT_VERSION,
            ),
            "page": self._start_page("page", digital),
            "tick": self._start(
                f"{names.TICK_PREFIX}each-1000",
                names.START_SCHEDULED_JOB,
                replace(job, job_id="each"),  # of its schedule
                names.START_SCHEDULED_JOB_VERSION,
            ),
        }  # fmt: skip
        waiting = self.models.wait_until_waiting("costly")
        self.models.settle(waiting.promise, {"maxCostUsd": _SUFFICIENT_LIMIT_USD})
        for shape in ("throttled", "delivery", "erasure"):
            [sleep] = wait_for_sleeps(self.lab, started[shape])
            end_sleep(self.lab, sleep)
        reviewing = self.models.wait_until_waiting("reviewed")
        started |= {"waiting": names.waiting_id(reviewing.promise, 0)}
        wait_until(lambda: self._is_done(started["waiting"]), lambda: str(self.lab.log_tails))
        self.models.settle(reviewing.promise, {"approve": True, "reviewer": "ada"})
        return {**started, **self._start_batch(job)}

    def record(self, promise: str) -> Recording:
        """Record a job once it has ended."""
        self.lab.wait_until_settled(promise)
        return record_job(self.lab.client, promise)

    def _is_done(self, promise: str) -> bool:
        """Whether a promise is settled, which the job creates a moment after it shows what it waits for."""
        with suppress(NotFound):
            return self.lab.client.get(promise).state != "pending"
        return False

    def _make_job(self, name: str, content: bytes) -> DocumentJob:
        url = self.lab.site.serve(f"{name}.pdf", content)
        return DocumentJob(job_id=name, document_url=url, requester_id="client", type=DocumentType.REPORT)

    def _start_page(self, job_id: str, content: bytes) -> str:
        """Draw a page of a stored document."""
        store = Store.open(self.lab.environ["STORE_URL"])
        reference = asyncio.run(store.create(f"{job_prefix(job_id)}/original", content))
        request = PageRequest(
            job_id=job_id, original=Original(reference=reference, media_type=MediaType.PDF), number=1
        )  # fmt: skip
        promise = names.page_id(job_id, 1)
        return self.lab.start_workflow(
            promise, names.DRAW_PAGE, request, names.NOTICES_ADDRESS, version=names.DRAW_PAGE_VERSION
        )

    def _start_batch(self, job: DocumentJob) -> Mapping[str, str]:
        """Cancel a batch of two slices, and create one of the same jobs, which are there: so none of them runs."""
        jobs = [replace(job, job_id=f"item-{number}") for number in range(SLICE_SIZE + 1)]
        unserved, order = (
            store_jobs(self.lab.environ["STORE_URL"], batch_id, "digest", jobs) for batch_id in ("unserved", "batch")
        )
        self.lab.start_workflow(
            names.batch_promise_id("unserved"), names.SUBMIT_BATCH, unserved, "poll://any@none",
            version=names.SUBMIT_BATCH_VERSION,
        )  # fmt: skip
        canceling = self._start(
            names.batch_cancel_id("unserved"), names.CANCEL_BATCH, unserved, names.CANCEL_BATCH_VERSION
        )  # fmt: skip
        self.lab.wait_until_settled(canceling)
        submitting = self._start(
            names.batch_promise_id("batch"), names.SUBMIT_BATCH, order, names.SUBMIT_BATCH_VERSION
        )  # fmt: skip
        return {"batch-cancel": canceling, "batch": submitting}

    def _start(self, promise: str, workflow: str, value: ApiValue | Value, version: int) -> str:
        return self.lab.start_workflow(promise, workflow, value, names.DOCUMENTS_ADDRESS, version=version)


@contextmanager
def open_recorder(folder: Path) -> Iterator[Recorder]:
    """Open a recorder with a worker whose data is in the folder."""
    with ExitStack() as stack:
        server = stack.enter_context(warm_start.start_server(EmbeddedProgram(), folder / "server"))
        site = stack.enter_context(serve_site())
        receiver = stack.enter_context(serve_receiver(Receiver(answers_by_event={_EVENT.key: [503]})))
        models = stack.enter_context(open_model_lab(server, site, folder / "lab", Provider().answer))
        models.lab.environ |= {"ALLOWED_HOSTS": f"{site.host},{receiver.host}", "WEBHOOK_SECRETS": "s" * 40}
        models.lab.start(lease=60, slots=4)
        models.lab.evidence.open_gate()
        yield Recorder(models, receiver)


def find_file_name(recording: Recording, shape: str) -> str:
    """Return the name of a recording: of its workflow, its version and its shape."""
    call = recording.job.param
    return f"{call['func']}-{call['version']}-{shape}.jsonl"


def main(shapes: Sequence[str]) -> None:
    """Record the jobs of these shapes, or of all."""
    with TemporaryDirectory(prefix="recorder-") as folder, open_recorder(Path(folder)) as recorder:
        started = recorder.start_all()
        for shape in shapes or started:
            recording = recorder.record(started[shape])
            path = FOLDER / find_file_name(recording, shape)
            recording.write(path)
            path.write_text(path.read_text().replace(folder, _RECORDED_FOLDER))
            sys.stdout.write(f"{path}: {len(recording.promises)} promises, {recording.job.state}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
