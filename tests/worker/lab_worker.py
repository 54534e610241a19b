"""A worker process that tells which pages it looks at, and waits at the gate before it does.

It is the worker as it ships but for that. It ends when its standard input does, so that none outlives its test.
"""

import asyncio
import json
import logging
import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from contract.codes import Code
from contract.reading import PageText, TextSource
from durable import JsonFormatter, PermanentError, StepEvent
from durable.runtime import WorkerProcess
from tests.durable.worker import end_with_test
from tests.evidence import Evidence
from worker.adapters.object_store import open_objects
from worker.adapters.progress import ProgressWriter
from worker.bootstrap import open_ports, worker_process
from worker.costs.ledger import Ledger, bill_pages, key_of
from worker.costs.metering import Meter
from worker.documents.document_reader import DocumentReader, RecognizePages
from worker.documents.ocr import OcrRequest
from worker.documents.recognition import open_engine
from worker.settings import Settings

CLOCK_AHEAD_FILE = "clock-is-ahead"  # the file that says by how many seconds


class ReportingProcess(WorkerProcess):
    """Leaves its gauges in a file."""

    file: Path

    async def serve(self) -> int:
        """Work, and tell of it."""
        telling = asyncio.create_task(self.tell())
        try:
            return await super().serve()
        finally:
            telling.cancel()

    async def tell(self) -> None:
        """Replace the file now and then; whoever reads it finds a whole one."""
        while True:
            draft = self.file.with_suffix(".draft")
            draft.write_text(json.dumps({**self.gauges, "ready": self.is_ready}))
            draft.replace(self.file)
            await asyncio.sleep(0.05)


def make_reader(given: dict[str, Any], ledger: Ledger, see: RecognizePages) -> DocumentReader:
    """Return a reader that looks as it was told: really or not, with a page that it waits for or cannot read.

    With a price for a page, it pays for each, as a provider of recognition has it.
    """

    async def pay(number: int) -> None:
        async def answer(_: str) -> bytes:
            Evidence.from_environment().note(given["mark"], f"paid-{number}")
            return b"{}"

        paid = await ledger.once(key_of("made up", str(number)), answer)
        bill_pages(1, paid)

    async def look(scan: OcrRequest) -> list[PageText]:
        evidence, name = Evidence.from_environment(), "-".join(map(str, scan.pages))
        evidence.note(given["mark"], f"began-{name}")
        try:
            if given.get("waits_for") is None or given["waits_for"] in scan.pages:
                await evidence.wait_at_gate()
            if given.get("bad") in scan.pages:
                raise PermanentError(Code.TOO_COMPLEX, f"page {given['bad']} is a bomb")
            for number in scan.pages if given.get("page_usd") else ():
                await pay(number)
            seen = await see(scan) if given.get("really") else [make_page(number) for number in scan.pages]
            evidence.note(given["mark"], f"read-{name}")
        finally:
            evidence.note(given["mark"], f"left-{name}")
        return seen

    return DocumentReader(engine=look)


def now() -> float:
    """Return what a clock says that a test may set."""
    ahead = Evidence.from_environment().folder / CLOCK_AHEAD_FILE
    return time.time() + (float(ahead.read_text()) if ahead.exists() else 0.0)


def make_page(number: int) -> PageText:
    """Return what stands on a page that nobody has looked at."""
    return PageText(number=number, text=f"made up {number}", source=TextSource.OCR, confidence=0.99)


def main() -> None:
    """Work until told to stop."""
    threading.Thread(target=end_with_test, daemon=True).start()
    lines = logging.StreamHandler()
    lines.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[lines])
    given = json.loads(sys.argv[1])
    settings = Settings.from_env(given["environ"])
    settings = replace(settings, runtime=replace(settings.runtime, probe_timeout=0))
    stored = ProgressWriter(open_objects(settings.store_url))
    file = Evidence.from_environment().folder / "journal.txt"

    def journal(entry: StepEvent) -> None:
        stored.note_step(entry)
        with file.open("a") as out:
            out.write(f"{os.getpid()} {entry.step_promise_id} {entry.step} {entry.kind}\n")

    ports = open_ports(settings, stored)
    ports = replace(
        ports,
        reader=make_reader(given, Ledger(ports.store), open_engine(settings.recognition, ports.store)),
        meter=Meter(rates=replace(ports.meter.rates, page=given.get("page_usd", 0.0))),
        now=now,
        max_wait_seconds=given.get("max_wait_seconds", ports.max_wait_seconds),
    )
    both = worker_process(settings, ports, on_step_event=journal)
    told = ReportingProcess(both.workers)
    told.file = Path(given["gauges"])
    told.run()


if __name__ == "__main__":
    main()
