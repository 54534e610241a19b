"""What a client reads of a job: where each value stands on its page. And what it never reads again: the password.

The server, the worker, the recognition and the documents are real.
"""

import json
from base64 import b64encode
from io import BytesIO
from typing import Any

import pikepdf
import pytest

from contract.codes import Code
from contract.job import DocumentJob
from contract.names import DOCUMENTS_ADDRESS, PROCESS_DOCUMENT, promise_id
from local import samples
from tests.durable.worker_lab import value_of
from tests.worker.document_lab import DocumentLab
from wire.records import Promise
from worker.documents.boxes import unpack_boxes

SECRET = "open-Sesame-4711"  # noqa: S105 of documents that are made here
WIDTH, HEIGHT = 595.28, 841.89  # A4
MARGIN = 56


def locked(content: bytes) -> bytes:
    """Return the PDF, so that it opens with the password only."""
    out = BytesIO()
    with pikepdf.open(BytesIO(content)) as file:
        file.save(out, encryption=pikepdf.Encryption(user=SECRET, owner="nobody", R=6))
    return out.getvalue()


def submit(lab: DocumentLab, content: bytes, password: str | None = SECRET, kind: str = "invoice") -> str:
    """Record a job; return the id of its promise."""
    url = lab.site.serve("document.pdf", content)
    job = DocumentJob(job_id="locked", document_url=url, requester_id="client", type=kind, document_password=password)
    return lab.start_workflow(promise_id(job.job_id), PROCESS_DOCUMENT, job, DOCUMENTS_ADDRESS)


def leaks(lab: DocumentLab, promise: str, secret: str = SECRET) -> list[str]:
    """Return everything with the password in it that a job has left behind, but for what it was asked with."""
    files = [file for file in lab.folder.rglob("*") if file.is_file()]
    left = {str(file): file.read_bytes().decode(errors="replace") for file in files}
    for one in [lab.client.get(promise), *lab.find_parts(promise)]:
        left[one.id] = json.dumps([one.value.data, one.tags])
    assert len(left) > 2, "the log, and the job at least"
    return [name for name, content in left.items() if is_in(content, secret)]


def is_in(content: str, secret: str = SECRET) -> bool:
    """Whether it is there, as it is or in base64 of something that it is in."""
    return any(trace in content for trace in (secret, *(encoded(secret, shift) for shift in range(3))))


def encoded(secret: str, shift: int) -> str:
    """Return what base64 makes of a secret that so many letters stand before, without its ends."""
    return b64encode(b"x" * shift + secret.encode()).decode()[4:-4]


def result_of(ended: Promise) -> dict[str, Any]:
    """Return what the job came to."""
    assert ended.state == "resolved", value_of(ended)
    result: dict[str, Any] = value_of(ended)
    return result


def test_a_locked_invoice_is_read_and_its_total_is_marked(lab: DocumentLab) -> None:
    lab.start()
    promise = submit(lab, locked(samples.make_invoice()))
    result = result_of(lab.wait_until_settled(promise))
    assert result["extractedData"]["amount"] == 3_703.87
    left, top, right, bottom = result["evidence"]["amount"]["box"]
    assert left * WIDTH == pytest.approx(MARGIN, abs=1)
    assert right * WIDTH == pytest.approx(WIDTH - MARGIN, abs=1)
    baseline = 110 + 18 * 13  # points from above; the sample's row of the total
    assert top * HEIGHT < baseline - 6 < bottom * HEIGHT < baseline + 3
    assert (bottom - top) * HEIGHT < 12
    assert leaks(lab, promise) == []


def test_a_locked_scan_is_read_in_batches_and_keeps_its_boxes(lab: DocumentLab) -> None:
    lab.start(really=True)
    lines = ["INVOICE 2026-417", "Halden Instruments GmbH", "Total EUR 517.65"]
    sheets = [
        samples.draw_scan(lines if number == 5 else [f"Sheet {number}"], skew=0, width=700) for number in range(6)
    ]
    lab.evidence.open_gate()
    promise = submit(lab, locked(samples.images_to_pdf(*sheets)))
    result = result_of(lab.wait_until_settled(promise))
    asked = {one.id for one in [lab.client.get(promise), *lab.find_parts(promise)] if is_in(one.param.data or "")}
    assert asked == {promise, *(one.id for one in lab.find_global_parts(promise))}, "and those who read it"
    for page in lab.load_pages("locked"):
        assert page.boxes
        assert len(unpack_boxes(page.boxes)) == len(page.text.split()) >= 2
    evidence = result["evidence"]["amount"]
    assert evidence["page"] == 6
    left, top, right, bottom = evidence["box"]
    assert 0 < left < right < 1
    assert 0 < top < bottom < 1
    assert leaks(lab, promise) == []


@pytest.mark.parametrize(
    ("password", "message"),
    [
        (None, "the document needs a password: send documentPassword"),
        ("not-the-Word-4711", "the password does not open the document"),
    ],
)
def test_a_document_that_stays_locked_says_why_and_not_with_what(
    lab: DocumentLab, password: str | None, message: str
) -> None:
    lab.start()
    promise = submit(lab, locked(samples.make_invoice()), password)
    error = lab.wait_for_failure(promise)
    assert (error["code"], error["message"]) == (Code.ENCRYPTED, message)
    assert leaks(lab, promise, password or SECRET) == []


def test_a_password_that_no_request_can_carry_is_not_quoted_in_the_refusal(lab: DocumentLab) -> None:
    """Somebody records a job by hand, and the worker cannot read it."""
    lab.start()
    secret = "q" * 20 + SECRET * 20
    job = DocumentJob(job_id="locked", document_url=f"{lab.site.url}/document.pdf", requester_id="client")
    by_hand = job.model_copy(update={"document_password": secret})
    promise = lab.start_workflow(promise_id(job.job_id), PROCESS_DOCUMENT, by_hand, DOCUMENTS_ADDRESS)
    assert lab.wait_until_settled(promise).state == "rejected"
    assert leaks(lab, promise, "q" * 15) == []
