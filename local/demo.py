"""The main job end to end on this machine: documents go in, durable results come out.

With --crash the worker is killed in the middle, and the durable record shows that no finished step ran twice.
"""

import json
import os
import signal
import sys
import time
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from contract.names import Step, promise_id
from wire.client import Client
from wire.requests import PromiseSearch

from . import samples, site
from .api import Json, WrongError, changes, send
from .command_line import Parser, folder
from .server_process import ROOT, NotReadyError
from .state import emptied, taken
from .system import System

STATE: Final = ROOT / ".state"
STEPS: Final = ("begin", *Step)  # all that have a checkpoint; the first one notes when the work began
# The documents, and what each is read as. The dossier has thirty pages, some of which must be looked at.
KINDS: Final = {"invoice": "invoice", "contract": "contract", "report": "report", "dossier": "report"}


def say(text: str = "") -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class Clock:
    """Seconds since the demo began."""

    def __init__(self) -> None:
        self._begun = time.monotonic()

    def __str__(self) -> str:
        return f"{time.monotonic() - self._begun:6.1f} s"


def submit(system: System, place: site.Site, kind: str) -> str:
    """POST one document and return its job's id."""
    job_id = f"demo-{kind}"
    job = {"jobId": job_id, "documentUrl": place.url(f"{kind}.pdf"), "requesterId": "demo", "type": KINDS[kind]}
    status, answer = send(f"{system.url}/process-document", job)
    say(f"POST /process-document {json.dumps(job)}")
    say(f"  -> {status} {json.dumps(answer)}")
    if status != HTTPStatus.ACCEPTED:
        raise WrongError(f"POST /process-document answered {status}")
    return job_id


def line_of(job_id: str, answer: Json) -> str:
    """One line of progress."""
    progress = answer.get("progress")
    if progress:
        pages = progress.get("pages")
        read = f", page {pages['done']} of {pages['of']}" if pages else ""
        return f"{job_id:14} step {progress['number']} of {progress['of']}: {progress['step']}{read}"
    return f"{job_id:14} {answer['status']}"


def show(answer: Json) -> None:
    """Print what a job came to."""
    result: dict[str, Any] = answer.get("result", {})
    say(f"\n{answer['jobId']}: {answer['status']}")
    if "error" in answer:
        say(f"  {json.dumps(answer['error'])}")
        return
    say(f"  pages     {result['pageCount']}")
    say(f"  summary   {result['summary'][:100]}")
    for name, value in result["extractedData"].items():
        say(f"  {name:9} {json.dumps(value, ensure_ascii=False)}")
    say(f"  stored    {result['storedAt']}")
    say(f"  notified  {result['notifiedAt']}")


def demo(system: System, place: site.Site) -> bool:
    """Four documents, with live progress; True when all are done."""
    clock = Clock()
    jobs = [submit(system, place, kind) for kind in KINDS]
    say("\nLive, from GET /status/<jobId>:")
    answers: dict[str, Json] = {}
    for job_id, answer in changes(system.url, jobs, system.dead_part):
        say(f"{clock}  {line_of(job_id, answer)}")
        answers[job_id] = answer
    for answer in answers.values():
        show(answer)
    say(f"\nNotices: {system.outbox.resolve()}")
    return all(answer["status"] == "done" for answer in answers.values())


def crash(system: System, place: site.Site) -> bool:
    """Kill the worker while it reads a scanned page; True when nothing that was finished ran again."""
    clock = Clock()
    job_id = submit(system, place, "contract")
    killed_at = 0
    answer: Json = {}
    say("\nLive, from GET /status/<jobId>:")
    for _, answer in changes(system.url, [job_id], system.dead_part):
        say(f"{clock}  {line_of(job_id, answer)}")
        if not killed_at and answer.get("progress", {}).get("step") == Step.EXTRACT:
            system.worker.kill()
            killed_at = time.time_ns() // 1_000_000
            say(f"{clock}  kill -9 {system.worker.process.pid}: the worker is gone, in the middle of this step")
            system.start_worker()
            say(f"{clock}  another worker is started; the job is its own when the lease of the dead one ends")
    show(answer)
    return answer["status"] == "done" and proves(system, place, job_id, killed_at)


def proves(system: System, place: site.Site, job_id: str, killed_at: int) -> bool:
    """Show the durable record: each step has one checkpoint, and those from before the kill were kept."""
    with Client(system.server.url) as client:
        found = client.search_all(PromiseSearch(tags={"resonate:origin": promise_id(job_id)}))
        checkpoints = sorted((p for p in found if p.id != promise_id(job_id)), key=lambda p: p.created_at)
    say("\nThe durable record:")
    for step, checkpoint in zip(STEPS, checkpoints, strict=False):
        when = "before the kill, kept" if (checkpoint.settled_at or 0) < killed_at else "after the kill"
        say(f"  {checkpoint.id:18} {step:9} finished {when}")
    fetches = place.fetched["contract.pdf"]
    say(f"  the document was downloaded {fetches} time(s)")
    was_kept = len(checkpoints) > 1 and (checkpoints[1].settled_at or 0) < killed_at
    return len(checkpoints) == len(STEPS) and was_kept and fetches == 1


def main() -> None:
    """Run the demo on a fresh state; exit code 0 when it showed what it promises."""
    parser = Parser(prog="python -m local.demo", description=__doc__)
    parser.add_argument("--crash", action="store_true", help="kill the worker in the middle")
    parser.add_argument("--state", type=folder, default=str(STATE), help="folder to write to (default %(default)s)")
    arguments = parser.parse_args()
    place: Path = arguments.state / ("demo-crash" if arguments.crash else "demo")
    alone = taken(place, "demo")  # held until this process ends
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the parts are stopped then, too
    try:
        went_well = run(place, with_crash=arguments.crash)
    except (NotReadyError, WrongError) as error:
        sys.exit(f"demo: {error}")
    finally:
        alone.close()
    sys.exit(0 if went_well else 1)


def run(state: Path, *, with_crash: bool) -> bool:
    """Bring everything up on a fresh state and show what it does; True when that is what is promised."""
    emptied(state)
    say("Making four documents: a digital invoice, a scanned contract, a report, a dossier of 30 pages, some scanned")
    documents = {name: make() for name, make in samples.DOCUMENTS.items()}
    with site.serve(documents) as place, System(state, os.environ, allowed_hosts=place.host) as system:
        say(f"Up: server {system.server.url}, worker {system.worker.process.pid}, gateway {system.url}\n")
        went_well = (crash if with_crash else demo)(system, place)
    shown = state.relative_to(ROOT) if state.is_relative_to(ROOT) else state
    say(f"\n{'All as promised.' if went_well else 'NOT as promised.'} Everything it wrote: {shown}")
    return went_well


if __name__ == "__main__":
    main()
