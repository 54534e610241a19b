"""A text that is read chunk by chunk: its document, the questions about it, its sleeps and its result."""

import re
from io import BytesIO

from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped] # it has no types

from contract.result import DocumentResult
from tests.analysis.provider import Asked, Reply
from tests.durable.worker_lab import value_of
from tests.waiting import wait_until
from tests.worker.document_lab import PageLab
from wire.records import Promise
from wire.requests import PromiseSettle

SENTENCE = "Page {} tells of one more thing than the one before it did, and of little else that matters. "


def fine(asked: Asked) -> Reply:
    return {"summary": "all of it" if '"part"' in asked.text else f"of {len(asked.text)}"}


def text_of(chunks: int) -> bytes:
    """Return a document whose text is so many chunks of four pages."""
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


def first_page(asked: Asked) -> int:
    """Return the page that a question begins with; 0 if it is about summaries."""
    found = re.search(r'"page": (\d+),', asked.text)
    return int(found[1]) if found else 0


def sleeps(lab: PageLab, job: str) -> list[Promise]:
    """Return the durable sleeps that a job and its parts are in."""
    return [one for one in lab.parts(job) if "resonate:timer" in one.tags and one.state == "pending"]


def sleeping(lab: PageLab, job: str, count: int = 1) -> list[Promise]:
    """Return them once there are so many."""

    def found() -> list[Promise] | None:
        asleep = sleeps(lab, job)
        return asleep if len(asleep) == count else None

    return wait_until(found, lambda: f"{job} does not sleep: {lab.client.get(job)} {lab.said}")


def end(lab: PageLab, sleep: Promise) -> None:
    """Let it be over."""
    lab.client.settle(PromiseSettle(id=sleep.id, state="resolved"))


def seconds(sleep: Promise) -> float:
    return (sleep.timeout_at - sleep.created_at) / 1_000


def result(lab: PageLab, job: str) -> DocumentResult:
    found = lab.ended(job)
    assert found.state == "resolved", value_of(found)
    return DocumentResult.model_validate(value_of(found))
