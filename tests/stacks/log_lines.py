"""The log lines that the metric filters match, each written by the code that writes it in production."""

import asyncio
import io
import json
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from aws_lambda_powertools import Logger
from resonate.error import FunctionNotFoundError

from contract.analysis import Analysis
from contract.job import DocumentJob
from contract.names import Step
from contract.reading import MediaType, Original, Reference, Text
from contract.usage import Usage
from durable import JobError, JsonFormatter, StepEventKind, TemporaryError
from durable.attempts import Attempt
from durable.run import Outcome, Run, Tools
from durable.runtime.report import report
from durable.wire.client import Client
from durable.wire.records import Promise, Value
from durable.wire.requests import PromiseCreate
from keeper.logs import JsonFormatter as KeeperFormatter
from lambdas.trigger.ports import Ports
from lambdas.trigger.progress import ProgressReader
from lambdas.trigger.progress_store import ProgressStore
from lambdas.trigger.routes import Api
from local.events import make_event
from tests.worker.fake_ports import make_ports
from worker.adapters.object_store import Store
from worker.costs.ledger import Costs, Ledger
from worker.costs.meter import Meter, meter_step
from worker.costs.prices import Rates, TokenPrice
from worker.steps.document import DocumentSteps

from .synthesized_app import Json


def keeper_line(level: int) -> Json:
    """Return a line of the keeper."""
    record = logging.LogRecord("keeper", level, "file", 1, "tree too large to delete", (), None)
    line: Json = json.loads(KeeperFormatter().format(record))
    return line


def capture_worker_line(write: Callable[[], object], room: str = "durable") -> Json:
    """Return the one line that this code of the worker logs."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonFormatter())
    log = logging.getLogger(room)
    before = log.level
    log.setLevel(logging.INFO)
    log.addHandler(handler)
    try:
        write()
    finally:
        log.removeHandler(handler)
        log.setLevel(before)
    line: Json = json.loads(out.getvalue())
    return line


def job_end_line(job: str, *, failure: JobError | None = None) -> Json:
    """Return the line for the end of a run."""
    run = Run(job, 0, Tools())
    run.outcome, run.is_settled = Outcome(workflow="process_document", version=1, failure=failure), True
    return capture_worker_line(lambda: report(run, None, time.time()))


def parking_line() -> Json:
    run = Run("doc/a", 0, Tools())
    return capture_worker_line(lambda: report(run, FunctionNotFoundError("process_document", 2), time.time()))


def step_event_line(event: StepEventKind) -> Json:
    attempt = Attempt(Run("doc/a", 0, Tools()), "doc/a", "doc/a:1", "extract")
    return capture_worker_line(lambda: attempt.report(event, FAILURE if event is StepEventKind.RETRYING else None))


def result_line() -> Json:
    """Return the line for a job whose result is stored."""
    job = DocumentJob(job_id="a", document_url="https://example.com/a.pdf", requester_id="me")
    reference = Reference(key="a", size=0, sha256="")
    original = Original(reference=reference, media_type=MediaType.PDF)
    text = Text(reference=reference, page_count=9, usage=Usage(pages=4, cost_usd=0.2))
    usage = Usage(input_tokens=300, output_tokens=150, cost_usd=0.1)
    analysis = Analysis(analyzer="it", summary="", usage=usage)
    with TemporaryDirectory() as folder:
        store = Store.open(Path(folder).as_uri())
        return capture_worker_line(
            lambda: asyncio.run(DocumentSteps(make_ports(store)).store.body(job, original, text, analysis)), "worker"
        )


def step_usage_line(*, pages: int = 0, tokens: int = 0, price: float | None = 0.0) -> Json:
    """Return the line with the usage of a step that read pages by OCR, asked a model, and then failed."""
    read = None if price is None else TokenPrice(read=price * 1_000_000 / max(1, tokens))
    meter = Meter(rates=Rates(tokens=read))

    async def answer(_: str) -> bytes:
        return b"it"

    async def work() -> None:
        costs = Costs(usage_of=lambda _: Usage(input_tokens=tokens, output_tokens=tokens // 2))
        with suppress(TemporaryError), meter_step("a", Step.ANALYZE, meter) as bill:
            await Ledger(store).pay_once("key", answer, costs=costs)
            bill.recognized = pages
            raise FAILURE

    with TemporaryDirectory() as folder:
        store = Store.open(Path(folder).as_uri())
        return capture_worker_line(lambda: asyncio.run(work()), "worker")


FAILURE = TemporaryError("busy", "try again")


class AcceptingClient(Client):
    """A client of a server that creates every promise."""

    def create(self, request: PromiseCreate) -> Promise:
        return Promise(
            id=request.id, state="pending", param=request.param, value=Value(), tags=request.tags,
            timeout_at=request.timeout_at, created_at=0,
        )  # fmt: skip


@cache
def acceptance_line() -> Json:
    """Return the trigger's line for an accepted job; a process can have one such logger."""
    out = io.StringIO()
    body = json.dumps({"jobId": "a", "documentUrl": "https://example.com/a.pdf", "requesterId": "me"}).encode()
    with AcceptingClient("http://127.0.0.1:9") as client:
        log = Logger(service="trigger-under-test", stream=out)
        api = Api(
            Ports(
                server=client,
                progress=ProgressReader(ProgressStore("file:///none"), log),
                log=log,
                store_url="file:///none",
            )
        )
        reply = api.answer(make_event("POST", "/process-document", body=body))
    assert reply["statusCode"] == 202
    line: Json = json.loads(out.getvalue())
    return line
