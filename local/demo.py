"""Run documents through the whole system on this machine, and show progress and results.

With --crash the demo kills the worker in the middle of a step and shows that no finished step ran twice.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from contract.answers import Done, Failed, Processing, StatusAnswer
from contract.job import DocumentJob
from contract.names import Step, promise_id
from contract.result import DocumentResult
from durable.wire.client import Client
from durable.wire.requests import PromiseSearch
from longhand_client import Client as ApiClient
from longhand_client import ClientError
from ops.progress import describe

from . import samples, site
from .command_line import Parser, parse_folder
from .follow import FollowError, follow_jobs
from .logged_process import NotReadyError, StartProcess
from .server_process import ROOT
from .state import empty_folder, lock_folder, shorten
from .system import System

STATE: Final = ROOT / ".state"
STEPS: Final = ("begin", *Step)  # every step with a checkpoint; `begin` records when the work started
# Each sample document, and its type. The dossier has thirty pages, some of them scanned.
TYPES: Final = {"invoice": "invoice", "contract": "contract", "report": "report", "dossier": "report"}


def print_line(text: str = "") -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class Stopwatch:
    """The seconds since the demo started."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def __str__(self) -> str:
        return f"{time.monotonic() - self._start:6.1f} s"


def submit(system: System, documents: site.Site, name: str) -> str:
    """POST one document and return its job's id."""
    job = DocumentJob(
        job_id=f"demo-{name}", document_url=documents.url(f"{name}.pdf"), requester_id="demo", type=TYPES[name]
    )
    print_line(f"POST /process-document {json.dumps(job.to_dict())}")
    accepted = ApiClient(system.url).process_document(job)
    print_line(f"  -> 202 {json.dumps(accepted.to_dict())}")
    return job.job_id


def print_answer(answer: StatusAnswer) -> None:
    """Print how a job ended."""
    print_line(f"\n{answer.job_id}: {answer.status}")
    if isinstance(answer, Failed):
        print_line(f"  {answer.error.to_json().decode()}")
    if isinstance(answer, Done):
        _print_result(DocumentResult.model_validate(answer.result))


def _print_result(result: DocumentResult) -> None:
    print_line(f"  pages     {result.page_count}")
    print_line(f"  summary   {result.summary[:100]}")
    for name, value in result.extracted_data.items():
        print_line(f"  {name:9} {json.dumps(value, ensure_ascii=False)}")
    print_line(f"  stored    {result.stored_at}")
    print_line(f"  notified  {result.notified_at}")


def run_all(system: System, documents: site.Site) -> bool:
    """Process four documents with live progress, and return whether all are done."""
    stopwatch = Stopwatch()
    job_ids = [submit(system, documents, name) for name in TYPES]
    print_line("\nLive, from GET /status/<jobId>:")
    answers: dict[str, StatusAnswer] = {}
    for job_id, answer in follow_jobs(ApiClient(system.url), job_ids, system.describe_failure):
        print_line(f"{stopwatch}  {job_id:14} {describe(answer)}")
        answers[job_id] = answer
    for answer in answers.values():
        print_answer(answer)
    print_line(f"\nNotices: {system.outbox.resolve()}")
    return all(isinstance(answer, Done) for answer in answers.values())


def run_with_crash(system: System, documents: site.Site) -> bool:
    """Kill the worker while it reads a scanned page, and return whether every finished step was kept."""
    stopwatch = Stopwatch()
    job_id = submit(system, documents, "contract")
    killed_at = 0
    last: StatusAnswer | None = None
    print_line("\nLive, from GET /status/<jobId>:")
    for _, answer in follow_jobs(ApiClient(system.url), [job_id], system.describe_failure):
        print_line(f"{stopwatch}  {job_id:14} {describe(answer)}")
        if not killed_at and _is_extracting(answer):
            system.worker.kill()
            killed_at = time.time_ns() // 1_000_000
            print_line(f"{stopwatch}  kill -9 {system.worker.process.pid}: the worker died in the middle of this step")
            system.start_worker()
            print_line(f"{stopwatch}  started another worker: it resumes the job when the dead worker's lease ends")
        last = answer
    if last:
        print_answer(last)
    return isinstance(last, Done) and show_checkpoints(system, documents, job_id, killed_at)


def _is_extracting(answer: StatusAnswer) -> bool:
    return isinstance(answer, Processing) and answer.progress is not None and answer.progress.step == Step.EXTRACT


def show_checkpoints(system: System, documents: site.Site, job_id: str, killed_at: int) -> bool:
    """Print the job's checkpoints; return whether each step has one, and those from before the kill were kept."""
    with Client(system.server.url) as client:
        promises = client.search_all(PromiseSearch(tags={"resonate:origin": promise_id(job_id)}))
        checkpoints = sorted((p for p in promises if p.id != promise_id(job_id)), key=lambda p: p.created_at)
    print_line("\nThe durable record:")
    for step, checkpoint in zip(STEPS, checkpoints, strict=False):
        when = "before the kill, kept" if (checkpoint.settled_at or 0) < killed_at else "after the kill"
        print_line(f"  {checkpoint.id:18} {step:9} finished {when}")
    downloads = documents.downloads["contract.pdf"]
    print_line(f"  the document was downloaded {downloads} time(s)")
    is_kept = len(checkpoints) > 1 and (checkpoints[1].settled_at or 0) < killed_at
    return len(checkpoints) == len(STEPS) and is_kept and downloads == 1


def run(folder: Path, start_process: StartProcess, *, with_crash: bool) -> bool:
    """Start the system in an empty folder, show what it does, and return whether it did what it should."""
    empty_folder(folder)
    print_line("Four documents: an invoice, a scanned contract, a report, and a dossier of 30 pages, some scanned")
    with (
        site.serve_documents(samples.DOCUMENTS) as documents,
        System(folder, os.environ, allowed_hosts=documents.host, start_process=start_process) as system,
    ):
        print_line(f"Up: server {system.server.url}, worker {system.worker.process.pid}, gateway {system.url}\n")
        went_well = (run_with_crash if with_crash else run_all)(system, documents)
    outcome = "The demo succeeded." if went_well else "The demo FAILED: see the jobs above and the logs."
    print_line(f"\n{outcome} Everything it wrote: {shorten(folder)}")
    return went_well


def main(start_process: StartProcess = subprocess.Popen) -> None:
    """Run the demo; the exit code is 0 if it succeeded."""
    parser = Parser(prog="python -m local.demo", description=__doc__)
    parser.add_argument("--crash", action="store_true", help="kill the worker in the middle of a step")
    parser.add_argument(
        "--state", type=parse_folder, default=str(STATE), help="folder to write to (default %(default)s)"
    )
    arguments = parser.parse_args()
    folder: Path = arguments.state / ("demo-crash" if arguments.crash else "demo")
    with lock_folder(folder, "demo"):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that SIGTERM stops the system, too
        try:
            went_well = run(folder, start_process, with_crash=arguments.crash)
        except (NotReadyError, FollowError, ClientError) as error:
            sys.exit(f"demo: {error}")
    sys.exit(0 if went_well else 1)


if __name__ == "__main__":
    main()
