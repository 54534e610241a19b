"""What a document of 500 pages costs beside its recognition: requests, bytes on the wire, and time."""

import json
import os
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import Final

from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped] # it has no types

from contract.job import DocumentJob
from contract.names import DOCUMENTS_ADDRESS, PROCESS_DOCUMENT, VERSION, promise_id
from local import site
from local.servers import ROOT, Embedded, Options, real_engine, start
from local.system import PASSED_ON
from wire.client import Client
from wire.records import Promise, Value
from wire.requests import PromiseCreate, PromiseSearch

from .crew import wait_until
from .ending import end_in_order
from .relay import Relay, relay
from .report import table

PAGES: Final = 500
SCANNED: Final = (0, 100, PAGES)
WORKERS: Final = (1, 2)
_DAY: Final = 24 * 3_600_000  # ms
_PATIENCE: Final = 300.0
_GROUPS: Final = 2  # that a worker says it is ready for
_HEADER: Final = ("server", "pages", "of them scanned", "workers", "parts", "requests", "kB sent", "kB received", "s")


def pages(_workflows: int) -> str:
    """A document of 500 pages through workers whose recognition takes no time: requests and bytes on the wire."""
    end_in_order()
    engines = [engine for engine in (Embedded(), real_engine(os.environ)) if engine]
    documents = {f"{scanned}.pdf": document(scanned) for scanned in SCANNED}
    rows = []
    with site.serve(documents) as place:
        for engine in engines:
            for scanned in SCANNED:
                for workers in WORKERS:
                    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
                        server = stack.enter_context(start(engine, Path(name) / "engine", options=Options()))
                        passing = stack.enter_context(relay(server.port))
                        for number in range(workers):
                            stack.enter_context(_worker(Path(name), passing.url, place.host, number))
                        client = stack.enter_context(Client(server.url))
                        cells = _measured(client, passing, place.url(f"{scanned}.pdf"))
                    rows.append((engine.name, str(PAGES), str(scanned), str(workers), *cells))
    return table(_HEADER, rows)


def document(scanned: int) -> bytes:
    """Return a PDF whose pages carry text, but for so many, which carry nothing."""
    out = BytesIO()
    canvas = Canvas(out)
    every = PAGES // scanned if scanned else PAGES + 1
    for number in range(PAGES):
        if number % every:
            canvas.drawString(50, 700, f"This is page {number}, and it carries enough text to be taken as it is.")
        elif not scanned:
            canvas.drawString(50, 700, "This page carries enough text to be taken as it is, as all of them do.")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _measured(client: Client, passing: Relay, url: str) -> tuple[str, ...]:
    before = passing.requests, passing.sent, passing.received
    begun = time.perf_counter()
    promise = _create(client, url)

    def settled() -> Promise | None:
        found = client.get(promise)
        return None if found.state == "pending" else found

    ended = wait_until(settled, lambda: "it does not end", _PATIENCE)
    seconds = time.perf_counter() - begun
    if ended.state != "resolved":
        raise RuntimeError(f"the job ended as {ended.state}")
    requests, sent, received = (
        now - at for now, at in zip((passing.requests, passing.sent, passing.received), before, strict=True)
    )
    parts = sum(1 for _ in client.search_all(PromiseSearch(tags={"resonate:origin": promise}))) - 1
    return (str(parts), str(requests), f"{sent / 1000:.0f}", f"{received / 1000:.0f}", f"{seconds:.1f}")


def _create(client: Client, url: str) -> str:
    job = DocumentJob(job_id="long", document_url=url, requester_id="bench")
    promise = promise_id(job.job_id)
    call = {"func": PROCESS_DOCUMENT, "args": [job.model_dump(mode="json")], "kwargs": {}, "version": VERSION}
    tags = {f"resonate:{tag}": promise for tag in ("origin", "branch", "parent")}
    tags |= {"resonate:scope": "global", "resonate:target": DOCUMENTS_ADDRESS}
    param = Value(data=b64encode(json.dumps(call).encode()).decode())
    client.create(PromiseCreate(id=promise, timeout_at=int(time.time() * 1000) + _DAY, param=param, tags=tags))
    return promise


@contextmanager
def _worker(folder: Path, url: str, host: str, number: int) -> Iterator[None]:
    log = folder / f"worker-{number}.log"
    environ = {
        **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
        "RESONATE_URL": url,
        "STORE_URL": (folder / "store").as_uri(),
        "NOTIFY_URL": (folder / "outbox").as_uri(),
        "ALLOWED_HOSTS": host,
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.reader"], cwd=ROOT, env=environ, stdin=subprocess.PIPE, stdout=out, stderr=out
        )
    try:
        wait_until(lambda: log.read_text().count("ready") >= _GROUPS or None, log.read_text)
        yield
    finally:
        process.kill()
        process.wait()
        if process.stdin:
            process.stdin.close()
