"""A text that a model reads chunk by chunk: its document, the questions about it, its sleeps and its result."""

import re
from io import BytesIO

from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped] # it has no types

from contract.result import DocumentResult
from durable.wire.records import Promise
from durable.wire.requests import PromiseSettle
from tests.analysis.provider import ModelRequest, Reply
from tests.durable.worker_lab import value_of
from tests.waiting import wait_until
from tests.worker.document_lab import DocumentLab

SENTENCE = "Page {} tells of one more thing than the one before it did, and of little else that matters. "


def answer_question(asked: ModelRequest) -> Reply:
    """Summarize a chunk by its length, and the whole as such."""
    return {"summary": "all of it" if '"part"' in asked.text else f"of {len(asked.text)}"}


def make_long_pdf(chunks: int) -> bytes:
    """Return a PDF whose text has so many chunks of four pages."""
    out = BytesIO()
    canvas = Canvas(out, invariant=True)
    for number in range(1, 4 * chunks + 1):
        page = canvas.beginText(30, 800)
        page.setFont("Helvetica", 8)
        page.textLines([SENTENCE.format(number)] * 40)
        canvas.drawText(page)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def find_first_page(asked: ModelRequest) -> int:
    """Return the page that a question begins with, or 0 if it is about summaries."""
    found = re.search(r'"page": (\d+),', asked.text)
    return int(found[1]) if found else 0


def find_sleeps(lab: DocumentLab, job: str) -> list[Promise]:
    """Return the pending durable sleeps of a job and its parts."""
    return [one for one in lab.find_parts(job) if "resonate:timer" in one.tags and one.state == "pending"]


def wait_for_sleeps(lab: DocumentLab, job: str, count: int = 1) -> list[Promise]:
    """Return the sleeps of a job once there are so many."""

    def find_all() -> list[Promise] | None:
        asleep = find_sleeps(lab, job)
        return asleep if len(asleep) == count else None

    return wait_until(find_all, lambda: f"{job} does not sleep: {lab.client.get(job)} {lab.log_tails}")


def end_sleep(lab: DocumentLab, sleep: Promise) -> None:
    """End a durable sleep now."""
    lab.client.settle(PromiseSettle(id=sleep.id, state="resolved"))


def get_seconds(sleep: Promise) -> float:
    return (sleep.timeout_at - sleep.created_at) / 1_000


def wait_for_result(lab: DocumentLab, job: str) -> DocumentResult:
    found = lab.wait_until_settled(job)
    assert found.state == "resolved", value_of(found)
    return DocumentResult.model_validate(value_of(found))
