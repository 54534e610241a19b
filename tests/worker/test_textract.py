"""A job whose document lies in a bucket is read by Textract as a whole: settings, worker, server and store are real."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.reading import MediaType, Original, Pages, Reference
from contract.result import DocumentResult
from local.server_process import EmbeddedProgram
from tests.conftest import StartServer
from tests.documents.textract import Block, Provider, page_block, providing, text_block
from tests.durable.scene import value_of
from tests.worker import documents
from tests.worker.hall import Hall
from tests.worker.site import Site
from worker.documents.textract.client import Textract, open_client
from worker.documents.textract.whole import MANY, WholeDocuments
from worker.ledger import Ledger
from worker.steps.extract import at_hand
from worker.store import Store

LONG = "This page carries a text layer that is long enough"
BARE = 17  # a page that Textract leaves out
BOX = [(0.1, 0.1), (0.4, 0.1), (0.4, 0.12), (0.1, 0.12)]


def page(number: int) -> list[Block]:
    """Return what Textract sees on a page."""
    return [page_block(number), text_block("LINE", f"sheet {number}", BOX, number=number)]


@pytest.fixture
def textract(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """Textract beside everything else of AWS."""
    assert aws
    with providing(Provider()) as provider:
        monkeypatch.setenv("AWS_ENDPOINT_URL_TEXTRACT", provider.url)
        yield provider


@pytest.fixture
def hall(textract: Provider, bucket: str, start_server: StartServer, site: Site, tmp_path: Path) -> Iterator[Hall]:
    """Workers whose store is a bucket, and whose recognition is Textract."""
    assert textract.url
    hall = Hall(start_server(EmbeddedProgram()), site, tmp_path / "hall")
    hall.environ |= {"STORE_URL": f"s3://{bucket}/some", "OCR_ENGINE": "textract"}
    yield hall
    hall.end()


def test_a_long_scan_goes_to_textract_as_a_whole_and_what_it_leaves_out_to_the_workers(
    hall: Hall, textract: Provider, bucket: str
) -> None:
    """The batch that is left is made up here; every other page is as Textract saw it, or as it carries its text."""
    textract.pages = [page(number) for number in range(1, MANY + 2) if number != BARE]
    textract.statuses = ["IN_PROGRESS"]
    textract.ending = {"JobStatus": "PARTIAL_SUCCESS"}
    hall.evidence.open_gate()
    hall.start()
    found = hall.ended(hall.submit("archive", documents.pdf(*[""] * MANY, LONG)))
    assert found.state == "resolved", value_of(found)
    result = DocumentResult.model_validate(value_of(found))
    [start] = textract.calls("StartDocumentTextDetection")
    assert start["DocumentLocation"]["S3Object"] == {"Bucket": bucket, "Name": "some/jobs/archive/original.pdf"}
    texts = _texts(Store.open(hall.environ["STORE_URL"]), "archive")
    assert texts == [f"made up {BARE}" if n == BARE else f"sheet {n}" for n in range(1, MANY + 1)] + [LONG]
    assert hall.looked_at() == [str(BARE)]
    assert result.page_count == MANY + 1
    assert textract.calls("DetectDocumentText") == []


def _texts(store: Store, job_id: str) -> list[str]:
    async def read() -> Pages:
        keys = [f"jobs/{job_id}/original.pdf"]
        reference = await store.find(keys[0])
        assert reference
        text = await store.find(f"jobs/{job_id}/text-{reference.sha256[:16]}.json")
        assert text
        return Pages.model_validate_json(await store.read(text))

    return [one.text for one in asyncio.run(read()).pages]


def test_the_calls_are_such_as_aws_takes(bucket: str, tmp_path: Path) -> None:
    """As moto plays it: it starts, answers and has seen nothing, so all pages are left."""
    store = Store.open(f"s3://{bucket}")

    async def read() -> tuple[Reference, list[object]]:
        reference = await store.create("original.pdf", documents.pdf(""))
        whole = WholeDocuments(Textract(open_client()), Ledger(store), store.in_s3)
        original = Original(reference=reference, media_type=MediaType.PDF)
        return reference, [*await whole.read(original, (1,), lambda: at_hand(original, store))]

    reference, pages = asyncio.run(read())
    assert pages == []
    assert store.in_s3(reference)
    assert Store.open(tmp_path.as_uri()).in_s3(reference) is None
