"""Any worker with a free slot reads a batch of a long scan, and other jobs do not wait for the scan.

The server, the workers and what they store are real. The OCR engine is a fake unless a test says otherwise.
"""

import hashlib
import json
import signal
from base64 import b64decode
from collections import Counter
from collections.abc import Collection

from PIL import Image

from contract.answers import PageCount, Progress
from contract.codes import Code
from contract.names import READ_PAGES
from contract.parts import Batches
from contract.reading import MediaType, Original, Reference, TextSource
from local import samples
from tests.conftest import BOTH_SERVERS
from tests.durable.worker_lab import StartedWorker, end_leases, value_of
from tests.waiting import wait_until
from tests.worker import documents
from tests.worker.document_lab import DocumentLab

PAGE_TEXT = "This page carries a text layer that is long enough"
SCANNED_PAGE = "-"  # so short a text needs OCR, as a scan does


def scan(pages: int, *, written: Collection[int] = ()) -> bytes:
    """Return a document whose pages are pictures: some with a line of text, the others white."""
    white = Image.new("L", (600, 172), 255)
    return samples.images_to_pdf(
        *(
            samples.draw_scan([f"Sheet number {number}"], skew=0, width=600) if number in written else white
            for number in range(1, pages + 1)
        )
    )


def worker_of(lab: DocumentLab, pid: int) -> StartedWorker:
    """Return the worker with this process id."""
    [worker] = [worker for worker in lab.workers if worker.pid == pid]
    return worker


@BOTH_SERVERS
def test_only_the_batch_of_a_killed_worker_is_read_again(lab: DocumentLab) -> None:
    """Twelve scanned pages, two workers: promises and evidence lines show which worker read which batch.

    One page of each batch has text, because recognition takes long.
    """
    lab.start(really=True)
    lab.start(really=True)
    job = lab.submit("scan", scan(12, written=(1, 5, 9)))
    wait_until(
        lambda: len(set(lab.wait_for_batches(2))) == 2 or None,
        lambda: f"one worker has no batch: {lab.evidence.lines()}",
    )
    lost, kept = ({line.event for line in lab.evidence.lines() if line.pid == worker.pid} for worker in lab.workers)
    assert len(lost) == len(kept) == 1
    lab.workers[0].kill()
    end_leases(lab.client, lab.workers[0])
    lab.evidence.open_gate()
    assert lab.wait_until_settled(job).state == "resolved"
    begun = Counter(lab.find_batches())
    assert [batch for batch, times in begun.items() if times > 1] == [lost.pop().removeprefix("began-")]
    assert Counter(lab.find_batches("read")) == {"1-2-3-4": 1, "5-6-7-8": 1, "9-10-11-12": 1}
    assert {line.pid for line in lab.evidence.lines() if line.event.startswith("read-")} == {lab.workers[1].pid}
    batches = [part for part in lab.find_global_parts(job) if part.tags["resonate:target"] == "poll://any@pages"]
    assert [part.state for part in batches] == ["resolved"] * 3
    pages = lab.load_pages("scan")
    assert [page.number for page in pages] == list(range(1, 13))
    expected = [f"Sheet number {number}" if number in (1, 5, 9) else "" for number in range(1, 13)]
    assert [page.text for page in pages] == expected


def read_pages_progress(lab: DocumentLab, name: str) -> Progress | None:
    """Return a job's progress once it counts pages: it is written a moment after the step began."""
    progress = lab.read_progress(name)
    return progress if progress and progress.pages else None


def test_progress_counts_pages_with_text_before_any_batch_is_read(lab: DocumentLab) -> None:
    lab.start()
    job = lab.submit("mixed", documents.make_pdf(*[PAGE_TEXT, SCANNED_PAGE, SCANNED_PAGE] * 10))
    lab.wait_for_batches(1)
    progress = wait_until(lambda: read_pages_progress(lab, "mixed"), lambda: f"{lab.read_progress('mixed')}")
    assert (progress.step, progress.number, progress.pages) == ("extract", 2, PageCount(done=10, of=30))
    lab.evidence.open_gate()
    assert lab.wait_until_settled(job).state == "resolved"
    pages = lab.load_pages("mixed")
    expected = [PAGE_TEXT if number % 3 == 1 else f"made up {number}" for number in range(1, 31)]
    assert [page.text for page in pages] == expected
    assert Counter(page.source for page in pages) == {TextSource.TEXT_LAYER: 10, TextSource.OCR: 20}


def test_progress_counts_the_pages_of_every_worker(lab: DocumentLab) -> None:
    """Two batches are read, and the third waits at the gate."""
    lab.start(waits_for=5)
    lab.start(waits_for=5)
    job = lab.submit("scan", documents.make_pdf(*[SCANNED_PAGE] * 12))

    def is_partly_read() -> bool | None:
        found = lab.read_progress("scan")
        return (found is not None and found.pages == PageCount(done=8, of=12)) or None

    wait_until(is_partly_read, lambda: f"{lab.read_progress('scan')} {lab.log_tails}")
    assert Counter(lab.find_batches("read")) == {"1-2-3-4": 1, "9-10-11-12": 1}
    lab.evidence.open_gate()
    assert lab.wait_until_settled(job).state == "resolved"


def test_a_document_of_one_page_costs_fifteen_requests(lab: DocumentLab) -> None:
    """Two acquire and fulfill the task; two create and settle each of six checkpoints; one starts the notice."""
    worker = lab.start(lease=600)
    worker.wait_for("documents requests", 2)  # at its start it looks for notices to send, which is no part of a job
    before = worker.gauges["documents requests"]
    job = lab.submit("short", documents.make_pdf(PAGE_TEXT))
    assert lab.wait_until_settled(job).state == "resolved"
    worker.wait_for("documents done")
    assert worker.gauges["documents requests"] - before == 15
    assert [part.id for part in lab.find_parts(job)] == [f"{job}:{number}" for number in range(1, 7)]
    assert lab.find_global_parts(job) == []


def test_the_extract_step_reads_a_few_scanned_pages_itself(lab: DocumentLab) -> None:
    lab.start()
    lab.evidence.open_gate()
    job = lab.submit("few", documents.make_pdf(PAGE_TEXT, *[SCANNED_PAGE] * 4))
    assert lab.wait_until_settled(job).state == "resolved"
    assert lab.find_batches("read") == ["2-3-4-5"]
    assert lab.find_global_parts(job) == []


def test_a_big_scan_does_not_block_other_jobs(lab: DocumentLab) -> None:
    """The scan occupies every page slot, and frees none."""
    lab.start()
    scan = lab.submit("scan", documents.make_pdf(*[SCANNED_PAGE] * 60))
    lab.wait_for_batches(1)
    other = lab.submit("other", documents.make_pdf(PAGE_TEXT))
    assert lab.wait_until_settled(other).state == "resolved"
    assert lab.client.get(scan).state == "pending"
    assert lab.find_batches("read") == []


def test_a_job_reads_at_most_sixteen_batches_at_a_time(lab: DocumentLab) -> None:
    """Even with free slots for all of them; and no promise has more than sixteen children."""
    lab.start(slots=100)
    job = lab.submit("scan", documents.make_pdf(*[SCANNED_PAGE] * 400))
    lab.wait_for_batches(16)
    assert lab.find_batches("read") == []
    lab.evidence.open_gate()
    assert lab.wait_until_settled(job).state == "resolved"
    assert len(lab.find_batches("read")) == 50
    assert count_concurrent_batches(lab) == 16
    children = Counter(part.tags["resonate:parent"] for part in lab.find_parts(job))
    assert max(children.values()) <= 16
    assert [page.number for page in lab.load_pages("scan")] == list(range(1, 401))


def count_concurrent_batches(lab: DocumentLab) -> int:
    """Return how many batches were read at the same time at most."""
    now = peak = 0
    for line in lab.evidence.lines():
        now += line.event.startswith("began-") - line.event.startswith("left-")
        peak = max(peak, now)
    return peak


def test_an_unreadable_page_fails_the_job_and_starts_no_other_batch(lab: DocumentLab) -> None:
    lab.start(bad=2)
    job = lab.submit("bomb", documents.make_pdf(*[SCANNED_PAGE] * 100))
    lab.wait_for_batches(1)
    lab.evidence.open_gate()
    error = lab.wait_for_failure(job)
    assert (error["code"], error["message"]) == (Code.TOO_COMPLEX, "page 2 is a bomb")
    assert len(lab.find_batches()) < 13
    states = Counter(part.state for part in lab.find_global_parts(job))
    assert states["pending"] == 0


def test_every_batch_carries_the_deadline_of_its_job(lab: DocumentLab) -> None:
    lab.start()
    job = lab.submit("slow", documents.make_pdf(*[SCANNED_PAGE] * 12))
    lab.wait_for_batches(1)
    deadline = value_of(lab.client.get(f"{job}:1"))
    received = [json.loads(b64decode(part.param.data or ""))["args"][0]["until"] for part in lab.find_global_parts(job)]
    assert received == [deadline] * 3


def test_a_batch_after_its_deadline_has_only_the_time_of_a_late_run(lab: DocumentLab) -> None:
    """Whatever the state of its job. The gate stays closed, so only the deadline ends the batch."""
    lab.environ["MAX_WORK_SECONDS"] = "1"  # a late run has an hour, or this limit if it is less
    lab.start()
    content = documents.make_pdf("", "")
    (lab.folder / "store" / "original.pdf").write_bytes(content)
    reference = Reference(key="original.pdf", size=len(content), sha256=hashlib.sha256(content).hexdigest())
    original = Original(reference=reference, media_type=MediaType.PDF)
    batch = Batches(job_id="slow", original=original, batches=((1, 2),), until=1_000_000_000.0)
    late = lab.start_workflow("late", READ_PAGES, batch, "poll://any@pages")
    error = lab.wait_for_failure(late)
    assert (error["code"], error["step"]) == ("work_deadline", "read_batch")
    assert lab.find_batches("read") == []


def test_a_canceled_job_stops_its_batches_and_starts_no_others(lab: DocumentLab) -> None:
    worker = lab.start(lease=3)
    job = lab.submit("scan", documents.make_pdf(*[SCANNED_PAGE] * 100))
    lab.wait_for_batches(1)
    lab.cancel(job)
    wait_until(
        lambda: not [part for part in lab.find_global_parts(job) if part.state == "pending"] or None,
        lambda: f"{lab.find_global_parts(job)}",
    )
    wait_until(lambda: worker.gauges["pages running"] == 0 or None, lambda: f"{worker.gauges}")
    begun = lab.find_batches()
    assert len(begun) <= 2
    assert lab.find_batches("left") == begun
    assert lab.find_batches("read") == []


def test_a_worker_that_shuts_down_releases_its_batch_at_once(lab: DocumentLab) -> None:
    """Another worker does not wait for the lease, which lasts for minutes."""
    lab.start(lease=300, grace=1)
    job = lab.submit("scan", documents.make_pdf(*[SCANNED_PAGE] * 8))
    [first, *_] = lab.wait_for_batches(1)
    lab.start(lease=300)
    leaving = worker_of(lab, first)
    leaving.send_signal(signal.SIGTERM)
    assert leaving.wait_for_exit() == 0
    lab.evidence.open_gate()
    assert lab.wait_until_settled(job).state == "resolved"
    assert {line.pid for line in lab.evidence.lines() if line.event.startswith("read-")} == {lab.workers[1].pid}
