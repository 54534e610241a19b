"""A long scan is read in batches by whoever has room, and nobody waits for it who has nothing to do with it.

The server, the workers and what they write are real; who looks at a page is, where it does not matter, made up.
"""

import json
import signal
from base64 import b64decode
from collections import Counter

from contract.answers import PageCount
from contract.codes import Code
from contract.names import READ_PAGES
from contract.parts import Batches
from contract.reading import MediaType, Original, Reference, TextSource
from local import samples
from tests.durable.worker_lab import StartedWorker, value_of
from tests.waiting import wait_until
from tests.worker import documents
from tests.worker.document_lab import DocumentLab

LONG = "This page carries a text layer that is long enough"
UNREAD = ""


def scan(pages: int) -> bytes:
    """Return a document whose pages are pictures."""
    return samples.images_to_pdf(
        *(samples.draw_scan([f"Sheet number {number}"], skew=0, width=600) for number in range(pages))
    )


def run_by(lab: DocumentLab, pid: int) -> StartedWorker:
    """Return the worker with this process id."""
    [man] = [man for man in lab.workers if man.pid == pid]
    return man


def test_a_killed_worker_costs_the_batch_that_it_was_on(lab: DocumentLab) -> None:
    """Twelve scanned pages, two workers: the durable record and the workers' own lines say who read what."""
    lab.start(lease=6, really=True)
    lab.start(lease=6, really=True)
    job = lab.submit("scan", scan(12))
    wait_until(lambda: len(set(lab.wait_for_batches(2))) == 2 or None, lambda: f"one has none: {lab.evidence.lines()}")
    lost, kept = ({line.event for line in lab.evidence.lines() if line.pid == man.pid} for man in lab.workers)
    assert len(lost) == len(kept) == 1
    lab.workers[0].send_signal(signal.SIGKILL)
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
    assert [page.text for page in pages] == [f"Sheet number {number}" for number in range(12)]


def test_pages_with_text_wait_for_no_other_and_progress_tells_so(lab: DocumentLab) -> None:
    lab.start()
    job = lab.submit("mixed", documents.make_pdf(*[LONG, UNREAD, UNREAD] * 10))
    lab.wait_for_batches(1)
    progress = wait_until(lambda: lab.read_progress("mixed"), lambda: "no progress")
    assert (progress.step, progress.number, progress.pages) == ("extract", 2, PageCount(done=10, of=30))
    lab.evidence.open_gate()
    assert lab.wait_until_settled(job).state == "resolved"
    pages = lab.load_pages("mixed")
    expected = [LONG if number % 3 == 1 else f"made up {number}" for number in range(1, 31)]
    assert [page.text for page in pages] == expected
    assert Counter(page.source for page in pages) == {TextSource.TEXT_LAYER: 10, TextSource.OCR: 20}


def test_progress_counts_what_any_worker_has_read(lab: DocumentLab) -> None:
    """One batch is read by one worker, and the others are waited for."""
    lab.start(waits_for=5)
    lab.start(waits_for=5)
    job = lab.submit("scan", documents.make_pdf(*[UNREAD] * 12))

    def some_are_read() -> bool | None:
        found = lab.read_progress("scan")
        return (found is not None and found.pages == PageCount(done=8, of=12)) or None

    wait_until(some_are_read, lambda: f"{lab.read_progress('scan')} {lab.log_tails}")
    assert Counter(lab.find_batches("read")) == {"1-2-3-4": 1, "9-10-11-12": 1}
    lab.evidence.open_gate()
    assert lab.wait_until_settled(job).state == "resolved"


def test_a_document_of_one_page_costs_what_it_did(lab: DocumentLab) -> None:
    """Fourteen requests: a task is acquired and fulfilled, and each of six checkpoints is created and settled."""
    worker = lab.start(lease=600)
    before = worker.gauges["documents requests"]
    job = lab.submit("short", documents.make_pdf(LONG))
    assert lab.wait_until_settled(job).state == "resolved"
    worker.wait_for("documents done")
    assert worker.gauges["documents requests"] - before == 14
    assert [part.id for part in lab.find_parts(job)] == [f"{job}:{number}" for number in range(1, 7)]
    assert lab.find_global_parts(job) == []


def test_a_few_pages_to_look_at_are_looked_at_by_the_step_itself(lab: DocumentLab) -> None:
    lab.start()
    lab.evidence.open_gate()
    job = lab.submit("few", documents.make_pdf(LONG, *[UNREAD] * 4))
    assert lab.wait_until_settled(job).state == "resolved"
    assert lab.find_batches("read") == ["2-3-4-5"]
    assert lab.find_global_parts(job) == []


def test_a_big_scan_keeps_no_other_job_waiting(lab: DocumentLab) -> None:
    """Every slot for pages is taken, and stays so."""
    lab.start()
    scan = lab.submit("scan", documents.make_pdf(*[UNREAD] * 200))
    lab.wait_for_batches(1)
    other = lab.submit("other", documents.make_pdf(LONG))
    assert lab.wait_until_settled(other).state == "resolved"
    assert lab.client.get(scan).state == "pending"
    assert lab.find_batches("read") == []


def test_a_job_has_so_many_batches_under_way_and_no_more(lab: DocumentLab) -> None:
    """Also with room for all of them; and no promise has more than sixteen beside it."""
    lab.start(slots=100)
    job = lab.submit("scan", documents.make_pdf(*[UNREAD] * 400))
    lab.wait_for_batches(16)
    assert lab.find_batches("read") == []
    lab.evidence.open_gate()
    assert lab.wait_until_settled(job).state == "resolved"
    assert len(lab.find_batches("read")) == 50
    assert most_at_once(lab) == 16
    beside = Counter(part.tags["resonate:parent"] for part in lab.find_parts(job))
    assert max(beside.values()) <= 16
    assert [page.number for page in lab.load_pages("scan")] == list(range(1, 401))


def most_at_once(lab: DocumentLab) -> int:
    """Return how many batches were begun and not left at the same time, at most."""
    now = most = 0
    for line in lab.evidence.lines():
        now += line.event.startswith("began-") - line.event.startswith("left-")
        most = max(most, now)
    return most


def test_a_page_that_cannot_be_read_fails_the_job_and_no_other_batch_begins(lab: DocumentLab) -> None:
    lab.start(bad=2)
    job = lab.submit("bomb", documents.make_pdf(*[UNREAD] * 100))
    lab.wait_for_batches(1)
    lab.evidence.open_gate()
    error = lab.wait_for_failure(job)
    assert (error["code"], error["message"]) == (Code.TOO_COMPLEX, "page 2 is a bomb")
    assert len(lab.find_batches()) < 13
    states = Counter(part.state for part in lab.find_global_parts(job))
    assert states["pending"] == 0


def test_the_moment_by_which_a_job_must_be_done_travels_with_its_batches(lab: DocumentLab) -> None:
    lab.start()
    job = lab.submit("slow", documents.make_pdf(*[UNREAD] * 12))
    lab.wait_for_batches(1)
    moment = value_of(lab.client.get(f"{job}:1"))
    told = [json.loads(b64decode(part.param.data or ""))["args"][0]["until"] for part in lab.find_global_parts(job)]
    assert told == [moment] * 3


def test_a_batch_whose_time_is_over_is_not_looked_at(lab: DocumentLab) -> None:
    """Wherever the job itself is."""
    lab.start()
    reference = Reference(key="original.pdf", size=1, sha256="0" * 64)
    original = Original(reference=reference, media_type=MediaType.PDF)
    batch = Batches(job_id="slow", original=original, batches=((1, 2),), until=1_000_000_000.0)
    late = lab.start_workflow("late", READ_PAGES, batch, "poll://any@pages")
    error = lab.wait_for_failure(late)
    assert (error["code"], error["step"]) == ("work_deadline", "read_batch")
    assert lab.find_batches() == []


def test_a_canceled_job_stops_its_batches_and_begins_no_others(lab: DocumentLab) -> None:
    worker = lab.start(lease=3)
    job = lab.submit("scan", documents.make_pdf(*[UNREAD] * 100))
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


def test_a_worker_that_leaves_hands_its_batch_over_at_once(lab: DocumentLab) -> None:
    """Its lease would last for minutes."""
    lab.start(lease=300, grace=1)
    job = lab.submit("scan", documents.make_pdf(*[UNREAD] * 8))
    [first, *_] = lab.wait_for_batches(1)
    lab.start(lease=300)
    leaving = run_by(lab, first)
    leaving.send_signal(signal.SIGTERM)
    assert leaving.wait_for_exit() == 0
    lab.evidence.open_gate()
    assert lab.wait_until_settled(job).state == "resolved"
    assert {line.pid for line in lab.evidence.lines() if line.event.startswith("read-")} == {lab.workers[1].pid}
