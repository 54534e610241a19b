"""A long scan in S3 is read there as a whole: started once, waited for, paid for once, and no page is lost."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.written import letters_wrong
from contract.codes import Code
from contract.reading import MediaType, Original
from durable.errors import PermanentError, TemporaryError
from tests.worker import documents
from worker.documents.pages import Carried, Reader
from worker.documents.textract.whole import MANY, WholeDocuments
from worker.ledger import Ledger
from worker.patience import UNANSWERED
from worker.store import Store

from . import pdfs
from .letters import letters, scanned
from .textract import Block, Provider, Refusal, page_block, text_block
from .textract_desk import LAYER, Archive, Desk


def pages_of(count: int, text: Callable[[int], str] = lambda number: f"page {number}") -> list[list[Block]]:
    """Return pages with a line each, numbered from 1."""
    box = [(0.1, 0.1), (0.4, 0.1), (0.4, 0.12), (0.1, 0.12)]
    return [
        [page_block(number), text_block("LINE", text(number), box, number=number)] for number in range(1, count + 1)
    ]


def test_a_scan_is_read_to_the_letter_and_what_a_page_carries_is_kept(desk: Desk, textract: Provider) -> None:
    """Turned pages too; nobody has drawn them, and only their size is known here."""
    some = letters(4, quarters=[0, 0, 1, 3])
    textract.pages = [letter.blocks(number) for number, letter in enumerate(some, start=1)]
    archive = Archive(desk, scanned(some), (2, 3, 4))
    found = archive.read()
    assert found.text
    pages = archive.pages(found).pages
    assert pages[0] == LAYER
    assert [letters_wrong(letter.truth, page.text) for letter, page in zip(some[1:], pages[1:], strict=True)] == [
        0.0
    ] * 3
    assert all(page.boxes for page in pages[1:])
    assert (found.text.from_text_layer, found.text.from_ocr) == (1, 3)
    assert (found.text.use.pages, found.text.use.cost_usd) == (3, 0.04)  # all four are charged for


def test_it_is_fetched_where_it_lies(desk: Desk, textract: Provider) -> None:
    textract.pages = pages_of(2)
    Archive(desk, documents.pdf("", ""), (1, 2)).read()
    [start] = textract.calls("StartDocumentTextDetection")
    assert start["DocumentLocation"] == {"S3Object": {"Bucket": "some-bucket", "Name": "jobs/job-1/original.pdf"}}


def test_a_long_answer_comes_in_pieces_wherever_they_break(desk: Desk, textract: Provider) -> None:
    """Also between a line and its words."""
    some = letters(2)
    textract.pages = [letter.blocks(number) for number, letter in enumerate(some, start=1)]
    textract.piece = 7
    archive = Archive(desk, scanned(some), (1, 2))
    pages = archive.pages(archive.read()).pages
    assert [letters_wrong(letter.truth, page.text) for letter, page in zip(some, pages, strict=True)] == [0.0, 0.0]
    assert len(textract.calls("GetDocumentTextDetection")) > 30
    assert {call["JobId"] for call in textract.calls("GetDocumentTextDetection")} == {
        job.number for job in textract.jobs.values()
    }


def test_what_is_still_being_read_is_waited_for_a_little_and_then_for_long(desk: Desk, textract: Provider) -> None:
    """The second wait is a durable one: whoever comes back finds the same document under way."""
    textract.pages = pages_of(2)
    textract.statuses = ["IN_PROGRESS"] * 4
    archive = Archive(desk, documents.pdf("", ""), (1, 2))
    error = archive.failure()
    assert (error.code, type(error)) == (Code.RECOGNIZER_UNAVAILABLE, TemporaryError)
    assert (error.after, error.is_exact, error.tries) == (30.0, True, None)
    assert desk.waited == [5.0, 10.0, 15.0]
    assert archive.read().text
    assert len(textract.calls("StartDocumentTextDetection")) == 1
    assert textract.paid == 2


def test_whoever_looks_for_a_day_has_looked_a_few_dozen_times_and_never_a_quarter_too_late(
    desk: Desk, textract: Provider
) -> None:
    """Half an hour too late, at most."""
    textract.statuses = ["IN_PROGRESS"] * 999
    archive, began, tries = Archive(desk, documents.pdf(""), (1,)), desk.now, 0
    while desk.now - began < 24 * 3_600:
        after = archive.failure().after or 0.0
        assert 30 <= after <= max(30, min((desk.now - began) / 4, 1_800))
        desk.now += after
        tries += 1
    assert tries < 70
    assert len(textract.calls("GetDocumentTextDetection")) == tries + 3  # those in memory are all of the first try
    assert len(textract.calls("StartDocumentTextDetection")) == 1


def test_the_same_document_is_free_the_second_time_for_any_job(desk: Desk, textract: Provider) -> None:
    textract.pages = pages_of(2)
    content = documents.pdf("", "")
    first, other = (Archive(desk, content, (1, 2), job_id=name) for name in ("job-1", "job-2"))
    paid, free = first.read().text, other.read().text
    assert paid
    assert free
    assert (paid.use.cost_usd, free.use.cost_usd) == (0.02, 0.0)
    assert (textract.paid, len(textract.calls("StartDocumentTextDetection"))) == (2, 1)


def test_two_places_of_a_document_are_two_starts(desk: Desk, textract: Provider) -> None:
    """Textract refuses one token for two places, so what two jobs have under way at once are two."""
    textract.pages = pages_of(2)
    textract.statuses = ["IN_PROGRESS"] * 8
    content = documents.pdf("", "")
    errors = [Archive(desk, content, (1, 2), job_id=name).failure() for name in ("job-1", "job-2")]
    assert {error.code for error in errors} == {Code.RECOGNIZER_UNAVAILABLE}
    assert len(textract.jobs) == 2


@pytest.mark.parametrize(
    "warnings", [[{"ErrorCode": "INTERNAL_ERROR", "Pages": [3]}], []], ids=["it warns of a page", "a page is not there"]
)
def test_what_is_left_out_is_left_to_read(desk: Desk, textract: Provider, warnings: list[Block]) -> None:
    textract.pages = pages_of(4) if warnings else [*pages_of(4)[:2], pages_of(4)[3]]
    textract.ending = {"JobStatus": "PARTIAL_SUCCESS", "Warnings": warnings}
    archive = Archive(desk, documents.pdf("", "", "", ""), (2, 3, 4))
    found = archive.read()
    assert found.text is None
    assert found.split
    assert (found.split.pages, found.split.unread, found.split.as_a_whole) == (4, (3,), False)
    assert [page.text for page in archive.pages(found).pages] == ["it carries this", "page 2", "page 4"]
    again = archive.read().split
    assert again
    assert (again.unread, again.carried) == (found.split.unread, found.split.carried)


@pytest.mark.parametrize(
    "how",
    ["it fails", "it does not take it"],
)
def test_what_cannot_be_read_as_a_whole_is_read_page_by_page(desk: Desk, textract: Provider, how: str) -> None:
    if how == "it fails":
        textract.ending = {"JobStatus": "FAILED", "StatusMessage": "UnsupportedDocumentException"}
    else:
        textract.refusals = [Refusal("UnsupportedDocumentException")]
    archive = Archive(desk, documents.pdf("", "", ""), (2, 3))
    found = archive.read()
    assert found.split
    assert (found.split.unread, found.split.as_a_whole, found.split.use.cost_usd) == ((2, 3), False, 0.0)
    known = archive.pages(found)
    assert known.pages == (LAYER,)
    [warning] = known.warnings
    assert "UnsupportedDocumentException" in warning


def test_a_start_that_is_refused_fails_the_job(desk: Desk, textract: Provider) -> None:
    textract.refusals = [Refusal("InvalidS3ObjectException")]
    error = Archive(desk, documents.pdf(""), (1,)).failure()
    assert (error.code, type(error)) == (Code.RECOGNIZER_REFUSED, PermanentError)


@pytest.mark.parametrize("at", ["StartDocumentTextDetection", "GetDocumentTextDetection"])
def test_what_passes_is_asked_again(desk: Desk, textract: Provider, at: str) -> None:
    textract.pages = pages_of(1)
    throttled = [Refusal("LimitExceededException"), Refusal("ThrottlingException")]
    answer = textract.answer

    def flaky(operation: str, body: Block) -> Block | Refusal:
        return throttled.pop() if operation == at and throttled else answer(operation, body)

    textract.answer = flaky  # type: ignore[method-assign] # this one test has it so
    assert Archive(desk, documents.pdf(""), (1,)).read().text
    assert desk.waited == [1.0, 2.0]


@pytest.mark.parametrize("status", ["HALF_DONE", None, [], "It is arn:aws:iam::1:role/Me"])
def test_a_status_that_nobody_knows_may_pass_and_is_not_kept(desk: Desk, textract: Provider, status: object) -> None:
    textract.pages, textract.ending = pages_of(1), {"JobStatus": status}
    archive = Archive(desk, documents.pdf(""), (1,))
    error = archive.failure()
    assert (error.code, type(error), error.tries) == (Code.RECOGNIZER_UNAVAILABLE, TemporaryError, UNANSWERED)
    assert ("HALF_DONE" in error.message, "arn:" in error.message) == (status == "HALF_DONE", False)
    textract.ending = {"JobStatus": "SUCCEEDED"}
    assert archive.read().text


def test_a_warning_of_no_page_is_no_answer(desk: Desk, textract: Provider) -> None:
    textract.pages = pages_of(1)
    textract.ending = {"JobStatus": "PARTIAL_SUCCESS", "Warnings": [{"Pages": ["some"]}]}
    split = Archive(desk, documents.pdf(""), (1,)).read().split
    assert split
    assert split.unread == (1,)


def test_a_start_without_a_number_is_none(desk: Desk, textract: Provider) -> None:
    textract.answer = lambda operation, body: {}  # type: ignore[method-assign] # noqa: ARG005 this one test has it so
    split = Archive(desk, documents.pdf(""), (1,)).read().split
    assert split
    assert split.unread == (1,)


def suits(desk: Desk, *, unread: int = MANY, pages: int = 0, store: str = "s3://bucket/some", **more: object) -> bool:
    reference = Archive(desk, b"%PDF-", (1,)).original.reference
    media_type = MediaType(str(more.pop("media_type", MediaType.PDF)))
    reference = reference.model_copy(update={"size": more.pop("size", 1_000)})
    carried = Carried(pages=pages or unread, layers=(), unread=tuple(range(1, unread + 1)), **more)  # type: ignore[arg-type] # flags
    whole = WholeDocuments(desk.textract, Ledger(desk.store), Store.open(store).in_s3)
    return whole.suits(Original(reference=reference, media_type=media_type), carried)


def test_a_long_scan_in_a_bucket_is_read_as_a_whole_and_nothing_else(
    desk: Desk, textract: Provider, tmp_path: Path
) -> None:
    assert textract.url
    assert suits(desk)
    assert suits(desk, media_type=MediaType.TIFF)
    assert suits(desk, unread=180, pages=200)
    assert not suits(desk, unread=179, pages=200)  # it charges for every page
    assert not suits(desk, unread=MANY - 1)
    assert not suits(desk, unread=3_001)
    assert not suits(desk, size=500 * 2**20 + 1)
    assert not suits(desk, locked=True)
    assert not suits(desk, repaired=True)
    assert not suits(desk, media_type=MediaType.WEBP)
    assert not suits(desk, store=(tmp_path / "folder").as_uri())


def test_a_document_that_opens_for_everybody_may_be_locked_all_the_same(tmp_path: Path) -> None:
    """Textract takes none that is encrypted."""

    def is_locked(content: bytes, *, password: str | None = None) -> bool:
        file = tmp_path / "document"
        file.write_bytes(content)
        return asyncio.run(Reader().carried(file, MediaType.PDF, password=password)).locked

    assert not is_locked(documents.pdf(""))
    assert is_locked(pdfs.encrypted(owner="own"))
    assert is_locked(pdfs.encrypted(user="in", owner="own"), password="in")  # noqa: S106 that is the test
