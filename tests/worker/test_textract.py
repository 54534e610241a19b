"""Textract reads a scan whose store is a bucket; settings, worker, server and store are real."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.result import DocumentResult
from local.server_process import EmbeddedProgram
from tests.conftest import StartServer
from tests.documents.textract import Block, Provider, page_block, providing, text_block
from tests.durable.worker_lab import value_of
from tests.worker import documents
from tests.worker.document_lab import DocumentLab
from tests.worker.document_site import Site

PAGE_TEXT = "This page carries a text layer that is long enough"
BOX = [(0.1, 0.1), (0.4, 0.1), (0.4, 0.12), (0.1, 0.12)]
SCANNED_PAGES = 6  # more than the extract step reads itself


def find_blocks(_: bytes) -> list[Block]:
    """Return the blocks that Textract finds on any page."""
    return [page_block(), text_block("LINE", "Invoice of a hall", BOX)]


@pytest.fixture
def textract(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """Textract, beside the server for every other AWS service."""
    assert aws
    with providing(Provider(see=find_blocks)) as provider:
        monkeypatch.setenv("AWS_ENDPOINT_URL_TEXTRACT", provider.url)
        yield provider


@pytest.fixture
def lab(
    textract: Provider, bucket: str, start_server: StartServer, site: Site, tmp_path: Path
) -> Iterator[DocumentLab]:
    """Workers whose store is a bucket, and whose OCR engine is Textract."""
    assert textract.url
    lab = DocumentLab(start_server(EmbeddedProgram()), site, tmp_path / "lab")
    lab.environ |= {"STORE_URL": f"s3://{bucket}/some", "OCR_ENGINE": "textract"}
    yield lab
    lab.end()


def test_only_pages_without_text_are_sent_to_textract(lab: DocumentLab, textract: Provider) -> None:
    lab.evidence.open_gate()
    lab.start(really=True)
    found = lab.wait_until_settled(
        lab.submit("archive", documents.make_pdf(*(f"p. {n}" for n in range(SCANNED_PAGES)), PAGE_TEXT))
    )
    assert found.state == "resolved", value_of(found)
    result = DocumentResult.model_validate(value_of(found))
    assert result.page_count == SCANNED_PAGES + 1
    assert len(textract.calls("DetectDocumentText")) == SCANNED_PAGES
    assert textract.paid == SCANNED_PAGES
