"""Textract reads a scan whose store is a bucket; settings, worker, server and store are real."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.result import DocumentResult
from local.server_process import EmbeddedProgram
from tests.conftest import StartServer
from tests.documents.textract import Block, FakeTextract, make_page_block, make_text_block, serve_textract
from tests.durable.worker_lab import value_of
from tests.worker import documents
from tests.worker.document_lab import DocumentLab
from tests.worker.document_site import Site

PAGE_TEXT = "This page carries a text layer that is long enough"
BOX = [(0.1, 0.1), (0.4, 0.1), (0.4, 0.12), (0.1, 0.12)]
SCANNED_PAGES = 6  # more than the extract step reads itself


def find_blocks(_: bytes) -> list[Block]:
    """Return the blocks that Textract finds on any page."""
    return [make_page_block(), make_text_block("LINE", "Invoice of a hall", BOX)]


@pytest.fixture
def textract(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTextract]:
    """Textract, beside the server for every other AWS service."""
    assert aws
    with serve_textract(FakeTextract(detect=find_blocks)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_TEXTRACT", server.url)
        yield server


@pytest.fixture
def lab(
    textract: FakeTextract, bucket: str, start_server: StartServer, site: Site, tmp_path: Path
) -> Iterator[DocumentLab]:
    """Workers whose store is a bucket, and whose OCR engine is Textract."""
    assert textract.url
    lab = DocumentLab(start_server(EmbeddedProgram()), site, tmp_path / "lab")
    lab.environ |= {"STORE_URL": f"s3://{bucket}/some", "OCR_ENGINE": "textract"}
    yield lab
    lab.end()


def test_only_pages_without_text_are_sent_to_textract(lab: DocumentLab, textract: FakeTextract) -> None:
    lab.evidence.open_gate()
    lab.start(really=True)
    found = lab.wait_until_settled(
        lab.submit("archive", documents.make_pdf(*(f"p. {n}" for n in range(SCANNED_PAGES)), PAGE_TEXT))
    )
    assert found.state == "resolved", value_of(found)
    result = DocumentResult.model_validate(value_of(found))
    assert result.page_count == SCANNED_PAGES + 1
    assert len(textract.list_requests("DetectDocumentText")) == SCANNED_PAGES
    assert textract.paid_pages == SCANNED_PAGES
