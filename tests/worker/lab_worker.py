"""A worker process that records which pages it reads, and waits for the test's gate before it reads them.

The rest of the worker is unchanged. It ends when its standard input closes, so that it does not outlive its test.
"""

import asyncio
import json
import logging
import os
import signal
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from contract.codes import Code
from contract.reading import PageText, TextSource
from durable import JsonFormatter, PermanentError, StepEvent, StepEventKind
from durable.runtime import WorkerProcess
from tests.durable.worker import end_with_test
from tests.evidence import Evidence
from worker.adapters.object_store import open_objects
from worker.adapters.progress import ProgressWriter
from worker.bootstrap import open_ports, worker_process
from worker.costs.ledger import Ledger, bill_pages
from worker.costs.meter import Meter
from worker.costs.request_key import key_of
from worker.documents.document_reader import DocumentReader, RecognizePages
from worker.documents.engine_factory import open_engine
from worker.documents.ocr import OcrRequest
from worker.settings import Settings

CLOCK_AHEAD_FILE = "clock-is-ahead"  # the file with the number of seconds


class ReportingProcess(WorkerProcess):
    """Writes its gauges to a file."""

    file: Path

    async def serve(self) -> int:
        """Work, and write the gauges meanwhile."""
        reporting = asyncio.create_task(self.write_gauges())
        try:
            return await super().serve()
        finally:
            reporting.cancel()

    async def write_gauges(self) -> None:
        """Replace the file atomically after each change: a test never reads half of it."""
        written = ""
        while True:
            gauges = json.dumps({**self.gauges, "ready": self.is_ready})
            if gauges != written:
                draft = self.file.with_suffix(".draft")
                draft.write_text(gauges)
                draft.replace(self.file)
                written = gauges
            await asyncio.sleep(0.05)


def make_reader(options: dict[str, Any], ledger: Ledger, recognize: RecognizePages) -> DocumentReader:
    """Return a reader with the test's options: real OCR or none, a page to wait for, a page that fails.

    With a price for a page, it pays for each page, as with an OCR provider.
    """

    async def pay(number: int) -> None:
        async def answer(_: str) -> bytes:
            Evidence.from_environment().note(options["mark"], f"paid-{number}")
            return b"{}"

        paid = await ledger.pay_once(key_of("made up", str(number)), answer)
        bill_pages(1, paid)

    async def read_batch(scan: OcrRequest) -> list[PageText]:
        evidence, name = Evidence.from_environment(), "-".join(map(str, scan.pages))
        evidence.note(options["mark"], f"began-{name}")
        try:
            if options.get("waits_for") is None or options["waits_for"] in scan.pages:
                await evidence.wait_at_gate()
            if options.get("bad") in scan.pages:
                raise PermanentError(Code.TOO_COMPLEX, f"page {options['bad']} is a bomb")
            for number in scan.pages if options.get("page_usd") else ():
                await pay(number)
            pages = await recognize(scan) if options.get("really") else [make_page(number) for number in scan.pages]
            evidence.note(options["mark"], f"read-{name}")
        finally:
            evidence.note(options["mark"], f"left-{name}")
        return pages

    return DocumentReader(engine=read_batch)


def read_clock() -> float:
    """Return the time by a clock that a test may set."""
    ahead = Evidence.from_environment().folder / CLOCK_AHEAD_FILE
    return time.time() + (float(ahead.read_text()) if ahead.exists() else 0.0)


def make_page(number: int) -> PageText:
    """Return made-up text for a page that no OCR engine read."""
    return PageText(number=number, text=f"made up {number}", source=TextSource.OCR, confidence=0.99)


def main() -> None:
    """Run the worker until the test stops it."""
    threading.Thread(target=end_with_test, daemon=True).start()
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    options = json.loads(sys.argv[1])
    settings = Settings.from_env(options["environ"])
    settings = replace(settings, runtime=replace(settings.runtime, probe_timeout=0))
    progress = ProgressWriter(open_objects(settings.store_url))
    file = Evidence.from_environment().folder / "step_events.txt"

    def record_step(event: StepEvent) -> None:
        progress.note_step(event)
        with file.open("a") as out:
            out.write(f"{os.getpid()} {event.step_promise_id} {event.step} {event.kind}\n")
        if (event.step, event.kind) == (options.get("stops_after"), StepEventKind.DONE):
            os.kill(os.getpid(), signal.SIGSTOP)  # before the result of the step is written

    ports = open_ports(settings, progress)
    ports = replace(
        ports,
        reader=make_reader(options, Ledger(ports.store), open_engine(settings.ocr, ports.store)),
        meter=Meter(rates=replace(ports.meter.rates, page=options.get("page_usd", 0.0))),
        now=read_clock,
        max_wait_seconds=options.get("max_wait_seconds", ports.max_wait_seconds),
    )
    workers = worker_process(settings, ports, on_step_event=record_step).workers
    process = ReportingProcess(workers)
    process.file = Path(options["gauges"])
    process.run()


if __name__ == "__main__":
    main()
