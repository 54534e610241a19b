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
from tests.worker.document_lab import PageLab

LONG = "This page carries a text layer that is long enough"
UNREAD = ""


def scan(pages: int) -> bytes:
    """Return a document whose pages are pictures."""
    return samples.images_to_pdf(
        *(samples.draw_scan([f"Sheet number {number}"], skew=0, width=600) for number in range(pages))
    )


def run_by(lab: PageLab, pid: int) -> StartedWorker:
    """Return the worker with this process id."""
    [man] = [man for man in lab.crew if man.pid == pid]
    return man


def test_a_killed_worker_costs_the_batch_that_it_was_on(lab: PageLab) -> None:
    """Twelve scanned pages, two workers: the durable record and the workers' own lines say who read what."""
    lab.start(lease=6, really=True)
    lab.start(lease=6, really=True)
    job = lab.submit("scan", scan(12))
    wait_until(lambda: len(set(lab.wait_for_batches(2))) == 2 or None, lambda: f"one has none: {lab.evidence.lines()}")
    lost, kept = ({line.event for line in lab.evidence.lines() if line.pid == man.pid} for man in lab.crew)
    assert len(lost) == len(kept) == 1
    lab.crew[0].send_signal(signal.SIGKILL)
    lab.evidence.open_gate()
    assert lab.ended(job).state == "resolved"
    begun = Counter(lab.looked_at())
    assert [batch for batch, times in begun.items() if times > 1] == [lost.pop().removeprefix("began-")]
    assert Counter(lab.looked_at("read")) == {"1-2-3-4": 1, "5-6-7-8": 1, "9-10-11-12": 1}
    assert {line.pid for line in lab.evidence.lines() if line.event.startswith("read-")} == {lab.crew[1].pid}
    batches = [part for part in lab.elsewhere(job) if part.tags["resonate:target"] == "poll://any@pages"]
    assert [part.state for part in batches] == ["resolved"] * 3
    pages = lab.pages("scan")
    assert [page.number for page in pages] == list(range(1, 13))
    assert [page.text for page in pages] == [f"Sheet number {number}" for number in range(12)]


def test_pages_with_text_wait_for_no_other_and_progress_tells_so(lab: PageLab) -> None:
    lab.start()
    job = lab.submit("mixed", documents.pdf(*[LONG, UNREAD, UNREAD] * 10))
    lab.wait_for_batches(1)
    progress = wait_until(lambda: lab.progress("mixed"), lambda: "no progress")
    assert (progress.step, progress.number, progress.pages) == ("extract", 2, PageCount(done=10, of=30))
    lab.evidence.open_gate()
    assert lab.ended(job).state == "resolved"
    pages = lab.pages("mixed")
    expected = [LONG if number % 3 == 1 else f"made up {number}" for number in range(1, 31)]
    assert [page.text for page in pages] == expected
    assert Counter(page.source for page in pages) == {TextSource.TEXT_LAYER: 10, TextSource.OCR: 20}


def test_progress_counts_what_any_worker_has_read(lab: PageLab) -> None:
    """One batch is read by one worker, and the others are waited for."""
    lab.start(waits_for=5)
    lab.start(waits_for=5)
    job = lab.submit("scan", documents.pdf(*[UNREAD] * 12))

    def some_are_read() -> bool | None:
        found = lab.progress("scan")
        return (found is not None and found.pages == PageCount(done=8, of=12)) or None

    wait_until(some_are_read, lambda: f"{lab.progress('scan')} {lab.said}")
    assert Counter(lab.looked_at("read")) == {"1-2-3-4": 1, "9-10-11-12": 1}
    lab.evidence.open_gate()
    assert lab.ended(job).state == "resolved"


def test_a_document_of_one_page_costs_what_it_did(lab: PageLab) -> None:
    """Fourteen requests: a task is acquired and fulfilled, and each of six checkpoints is created and settled."""
    worker = lab.start(lease=600)
    before = worker.gauges["documents requests"]
    job = lab.submit("short", documents.pdf(LONG))
    assert lab.ended(job).state == "resolved"
    worker.wait_for("documents done")
    assert worker.gauges["documents requests"] - before == 14
    assert [part.id for part in lab.parts(job)] == [f"{job}:{number}" for number in range(1, 7)]
    assert lab.elsewhere(job) == []


def test_a_few_pages_to_look_at_are_looked_at_by_the_step_itself(lab: PageLab) -> None:
    lab.start()
    lab.evidence.open_gate()
    job = lab.submit("few", documents.pdf(LONG, *[UNREAD] * 4))
    assert lab.ended(job).state == "resolved"
    assert lab.looked_at("read") == ["2-3-4-5"]
    assert lab.elsewhere(job) == []


def test_a_big_scan_keeps_no_other_job_waiting(lab: PageLab) -> None:
    """Every slot for pages is taken, and stays so."""
    lab.start()
    scan = lab.submit("scan", documents.pdf(*[UNREAD] * 200))
    lab.wait_for_batches(1)
    other = lab.submit("other", documents.pdf(LONG))
    assert lab.ended(other).state == "resolved"
    assert lab.client.get(scan).state == "pending"
    assert lab.looked_at("read") == []


def test_a_job_has_so_many_batches_under_way_and_no_more(lab: PageLab) -> None:
    """Also with room for all of them; and no promise has more than sixteen beside it."""
    lab.start(slots=100)
    job = lab.submit("scan", documents.pdf(*[UNREAD] * 400))
    lab.wait_for_batches(16)
    assert lab.looked_at("read") == []
    lab.evidence.open_gate()
    assert lab.ended(job).state == "resolved"
    assert len(lab.looked_at("read")) == 50
    assert most_at_once(lab) == 16
    beside = Counter(part.tags["resonate:parent"] for part in lab.parts(job))
    assert max(beside.values()) <= 16
    assert [page.number for page in lab.pages("scan")] == list(range(1, 401))


def most_at_once(lab: PageLab) -> int:
    """Return how many batches were begun and not left at the same time, at most."""
    now = most = 0
    for line in lab.evidence.lines():
        now += line.event.startswith("began-") - line.event.startswith("left-")
        most = max(most, now)
    return most


def test_a_page_that_cannot_be_read_fails_the_job_and_no_other_batch_begins(lab: PageLab) -> None:
    lab.start(bad=2)
    job = lab.submit("bomb", documents.pdf(*[UNREAD] * 100))
    lab.wait_for_batches(1)
    lab.evidence.open_gate()
    error = lab.failure(job)
    assert (error["code"], error["message"]) == (Code.TOO_COMPLEX, "page 2 is a bomb")
    assert len(lab.looked_at()) < 13
    states = Counter(part.state for part in lab.elsewhere(job))
    assert states["pending"] == 0


def test_the_moment_by_which_a_job_must_be_done_travels_with_its_batches(lab: PageLab) -> None:
    lab.start()
    job = lab.submit("slow", documents.pdf(*[UNREAD] * 12))
    lab.wait_for_batches(1)
    moment = value_of(lab.client.get(f"{job}:1"))
    told = [json.loads(b64decode(part.param.data or ""))["args"][0]["until"] for part in lab.elsewhere(job)]
    assert told == [moment] * 3


def test_a_batch_whose_time_is_over_is_not_looked_at(lab: PageLab) -> None:
    """Wherever the job itself is."""
    lab.start()
    reference = Reference(key="original.pdf", size=1, sha256="0" * 64)
    original = Original(reference=reference, media_type=MediaType.PDF)
    batch = Batches(job_id="slow", original=original, batches=((1, 2),), until=1_000_000_000.0)
    late = lab.order("late", READ_PAGES, batch, "poll://any@pages")
    error = lab.failure(late)
    assert (error["code"], error["step"]) == ("work_deadline", "read_batch")
    assert lab.looked_at() == []


def test_a_canceled_job_stops_its_batches_and_begins_no_others(lab: PageLab) -> None:
    worker = lab.start(lease=3)
    job = lab.submit("scan", documents.pdf(*[UNREAD] * 100))
    lab.wait_for_batches(1)
    lab.cancel(job)
    wait_until(
        lambda: not [part for part in lab.elsewhere(job) if part.state == "pending"] or None,
        lambda: f"{lab.elsewhere(job)}",
    )
    wait_until(lambda: worker.gauges["pages running"] == 0 or None, lambda: f"{worker.gauges}")
    begun = lab.looked_at()
    assert len(begun) <= 2
    assert lab.looked_at("left") == begun
    assert lab.looked_at("read") == []


def test_a_worker_that_leaves_hands_its_batch_over_at_once(lab: PageLab) -> None:
    """Its lease would last for minutes."""
    lab.start(lease=300, grace=1)
    job = lab.submit("scan", documents.pdf(*[UNREAD] * 8))
    [first, *_] = lab.wait_for_batches(1)
    lab.start(lease=300)
    leaving = run_by(lab, first)
    leaving.send_signal(signal.SIGTERM)
    assert leaving.wait_for_exit() == 0
    lab.evidence.open_gate()
    assert lab.ended(job).state == "resolved"
    assert {line.pid for line in lab.evidence.lines() if line.event.startswith("read-")} == {lab.crew[1].pid}
