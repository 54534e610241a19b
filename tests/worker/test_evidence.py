"""A result gives each value its box on the page, and no output of a job contains the password of the document.

The server, the worker, the OCR engine and the documents are real.
"""

import json
from base64 import b64encode
from copy import replace
from io import BytesIO
from typing import Any

import pikepdf
import pytest
from PIL import Image

from contract.codes import Code
from contract.job import DocumentJob
from contract.names import DOCUMENTS_ADDRESS, PROCESS_DOCUMENT, promise_id
from durable.wire.records import Promise
from local import samples
from tests.durable.worker_lab import value_of
from tests.worker.document_lab import DocumentLab
from worker.documents.boxes import unpack_boxes

SECRET = "open-Sesame-4711"  # noqa: S105 of documents that are made here
WIDTH, HEIGHT = 595.28, 841.89  # A4
MARGIN = 56


def lock(content: bytes) -> bytes:
    """Return the PDF, encrypted so that only the password opens it."""
    out = BytesIO()
    with pikepdf.open(BytesIO(content)) as file:
        file.save(out, encryption=pikepdf.Encryption(user=SECRET, owner="owner", R=6))
    return out.getvalue()


def submit(lab: DocumentLab, content: bytes, password: str | None = SECRET, kind: str = "invoice") -> str:
    """Record a job; return the id of its promise."""
    url = lab.site.serve("document.pdf", content)
    job = DocumentJob(job_id="locked", document_url=url, requester_id="client", type=kind, document_password=password)
    return lab.start_workflow(promise_id(job.job_id), PROCESS_DOCUMENT, job, DOCUMENTS_ADDRESS)


def find_leaks(lab: DocumentLab, promise: str, secret: str = SECRET) -> list[str]:
    """Return the files and promises of a job that contain the password; arguments of promises are not searched."""
    files = [file for file in lab.folder.rglob("*") if file.is_file() and file.suffix != ".draft"]  # soon renamed
    contents = {str(file): file.read_bytes().decode(errors="replace") for file in files}
    for one in [lab.client.get(promise), *lab.find_parts(promise)]:
        contents[one.id] = json.dumps([one.value.data, one.tags])
    assert len(contents) > 2, "the log and the job at least"
    return [name for name, content in contents.items() if contains_secret(content, secret)]


def contains_secret(content: str, secret: str = SECRET) -> bool:
    """Return whether a text contains the secret as it is, or inside base64 at any offset."""
    return any(trace in content for trace in (secret, *(encode_at_offset(secret, offset) for offset in range(3))))


def encode_at_offset(secret: str, offset: int) -> str:
    """Return the base64 of a secret after this many bytes, without the ends that other bytes change."""
    return b64encode(b"x" * offset + secret.encode()).decode()[4:-4]


def result_of(ended: Promise) -> dict[str, Any]:
    """Return the result of a job that succeeded."""
    assert ended.state == "resolved", value_of(ended)
    result: dict[str, Any] = value_of(ended)
    return result


def test_a_locked_invoice_is_read_and_its_total_has_a_box(lab: DocumentLab) -> None:
    lab.start()
    promise = submit(lab, lock(samples.make_invoice()))
    result = result_of(lab.wait_until_settled(promise))
    assert result["extractedData"]["amount"] == 3_703.87
    left, top, right, bottom = result["evidence"]["amount"]["box"]
    assert left * WIDTH == pytest.approx(MARGIN, abs=1)
    assert right * WIDTH == pytest.approx(WIDTH - MARGIN, abs=1)
    baseline = 110 + 18 * 13  # points from the top: the row of the total in the sample
    assert top * HEIGHT < baseline - 6 < bottom * HEIGHT < baseline + 3
    assert (bottom - top) * HEIGHT < 12
    assert find_leaks(lab, promise) == []


def test_a_locked_scan_is_read_in_batches_and_keeps_its_boxes(lab: DocumentLab) -> None:
    lab.start(really=True)
    first = samples.draw_scan(["Sheet number 1"], skew=0, width=600)
    last = samples.draw_scan(["INVOICE 2026-417", "Total EUR 517.65"], skew=0, width=600)
    white = Image.new("L", (600, 172), 255)  # nothing to recognize, which takes long
    lab.evidence.open_gate()
    promise = submit(lab, lock(samples.images_to_pdf(first, *[white] * 4, last)))
    result = result_of(lab.wait_until_settled(promise))
    ids_with_password = {
        one.id for one in [lab.client.get(promise), *lab.find_parts(promise)] if contains_secret(one.param.data or "")
    }
    assert ids_with_password == {promise, *(one.id for one in lab.find_global_parts(promise))}, "and its batches"
    pages = lab.load_pages("locked")
    assert [len(unpack_boxes(page.boxes)) if page.boxes else 0 for page in pages] == [3, 0, 0, 0, 0, 5]
    assert [len(page.text.split()) for page in pages] == [3, 0, 0, 0, 0, 5]
    evidence = result["evidence"]["amount"]
    assert evidence["page"] == 6
    left, top, right, bottom = evidence["box"]
    assert 0 < left < right < 1
    assert 0 < top < bottom < 1
    assert find_leaks(lab, promise) == []


@pytest.mark.parametrize(
    ("password", "message"),
    [
        (None, "the document needs a password: send documentPassword"),
        ("not-the-Word-4711", "the password does not open the document"),
    ],
)
def test_a_document_that_stays_locked_fails_with_a_reason_without_the_password(
    lab: DocumentLab, password: str | None, message: str
) -> None:
    lab.start()
    promise = submit(lab, lock(samples.make_invoice()), password)
    error = lab.wait_for_failure(promise)
    assert (error["code"], error["message"]) == (Code.ENCRYPTED, message)
    assert find_leaks(lab, promise, password or SECRET) == []


def test_the_refusal_of_a_password_that_is_too_long_does_not_quote_it(lab: DocumentLab) -> None:
    """An operator creates the job by hand, and the worker cannot validate it."""
    lab.start()
    secret = "q" * 20 + SECRET * 20
    job = DocumentJob(job_id="locked", document_url=f"{lab.site.url}/document.pdf", requester_id="client")
    by_hand = replace(job, document_password=secret)
    promise = lab.start_workflow(promise_id(job.job_id), PROCESS_DOCUMENT, by_hand, DOCUMENTS_ADDRESS)
    assert lab.wait_until_settled(promise).state == "rejected"
    assert find_leaks(lab, promise, "q" * 15) == []
