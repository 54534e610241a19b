"""Jobs through the whole system on this machine: gateway, trigger, server and worker, as the demo runs them."""

import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from contract.answers import JobState
from contract.job import DocumentJob
from local import samples, site
from local.follow import follow_jobs
from local.server_process import EmbeddedProgram, find_real_program
from local.system import System
from longhand_client import Client

from .process_usage import measure_cpu_seconds
from .report import format_table
from .scale import Scale

CLIENTS: Final = 8
JOBS: Final = 120  # a minute or two
TIMEOUT_SECONDS: Final = 900.0  # for each job; one that takes longer is stuck
DOCUMENT: Final = "invoice.pdf"

type Post = Callable[[str], None]


def measure_pipeline(scale: Scale) -> str:
    """Digital PDFs of one page, from POST to done, for 8 clients that poll 5 times a second: rate, and CPU of a job."""
    count = min(JOBS, scale.workflows)
    server_program = (find_real_program(os.environ) or EmbeddedProgram()).name
    with (
        tempfile.TemporaryDirectory() as folder,
        site.serve_documents({DOCUMENT: samples.make_invoice()}) as documents,
        System(Path(folder), os.environ, allowed_hosts=documents.host) as system,
    ):
        post = make_client(system, documents)
        run_jobs(post, "warm", 2 * CLIENTS)  # by then every container of the trigger has imported its handler
        before, started = _read_cpu_seconds(system), time.perf_counter()
        run_jobs(post, "job", count)
        seconds = time.perf_counter() - started
        cells = [
            f"{(after - at) / count * 1000:.1f}" for at, after in zip(before, _read_cpu_seconds(system), strict=True)
        ]
    parts = ("gateway and trigger CPU ms", "worker and children CPU ms", "server CPU ms", "clients CPU ms")
    row = (server_program, str(CLIENTS), str(count), f"{count / seconds:.2f}", *cells)
    return format_table(("server", "clients", "jobs", "jobs/s", *parts), [row])


def make_client(system: System, documents: site.Site) -> Post:
    """Return a function that sends a job and waits until it is done."""

    def post(job_id: str) -> None:
        api = Client(system.url)
        api.process_document(
            DocumentJob(job_id=job_id, document_url=documents.url(DOCUMENT), requester_id="bench", type="invoice")
        )
        *_, (_, answer) = follow_jobs(api, [job_id], system.describe_failure, timeout=TIMEOUT_SECONDS)
        if answer.status != JobState.DONE:
            raise RuntimeError(f"{job_id} ended with {answer}")

    return post


def run_jobs(post: Post, prefix: str, count: int) -> None:
    """Send the jobs; each client sends one at a time."""
    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(post, [f"{prefix}-{n}" for n in range(count)]))  # raises the first error


def _read_cpu_seconds(system: System) -> list[float]:
    parts = (system.gateway.process, system.worker.process, system.server.process)
    return [*(measure_cpu_seconds(part.pid) for part in parts), time.process_time()]
