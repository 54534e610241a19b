"""An invalid answer of Textract fails the job with a code, is paid for once, and crashes no worker."""

from collections.abc import Callable

import pytest

from contract.codes import Code
from contract.reading import MediaType
from durable import PermanentError
from tests.worker import documents
from worker.costs.ledger import bill_to
from worker.documents.reading_order import in_reading_order
from worker.documents.textract.answer import parse_answer
from worker.documents.textract.ocr_result import to_ocr_result

from .textract import Block, FakeTextract, make_blocks, make_page_block, make_text_block
from .textract_reader import TextractReader


def remove_field(name: str, at: int) -> Callable[[], list[Block]]:
    return lambda: [
        {key: value for key, value in block.items() if key != name} if index == at else block
        for index, block in enumerate(make_blocks())
    ]


def replace_fields(at: int, **fields: object) -> Callable[[], list[Block]]:
    return lambda: [{**block, **fields} if index == at else block for index, block in enumerate(make_blocks())]


@pytest.mark.parametrize(
    "make_page",
    [
        remove_field("Geometry", 1),
        remove_field("Geometry", 2),
        remove_field("Text", 1),
        remove_field("Id", 0),
        replace_fields(1, Text=None),
        replace_fields(1, Text=7),
        replace_fields(1, Confidence="sure"),
        replace_fields(1, Confidence=101),
        replace_fields(1, Confidence=float("nan")),
        replace_fields(1, Geometry={"Polygon": [{"X": 0.1, "Y": 0.1}]}),
        replace_fields(1, Geometry={"Polygon": [{"X": 0.1}] * 4}),
        replace_fields(1, Geometry={"Polygon": [{"X": float("inf"), "Y": 0.1}] * 4}),
        replace_fields(1, Geometry={"Polygon": [{"X": 1e300, "Y": 0.1}] * 4}),
        replace_fields(1, Relationships=[{"Type": "CHILD", "Ids": ["nowhere"]}]),
        replace_fields(1, Relationships=[{"Type": "CHILD", "Ids": [None]}]),
    ],
    ids=[
        "a line without a position",
        "a word without a position",
        "a line without text",
        "a page without an id",
        "no text",
        "a number as text",
        "a word as confidence",
        "a confidence above 100",
        "a confidence of NaN",
        "a polygon with one corner",
        "corners without Y",
        "infinite corners",
        "corners far off the page",
        "an unknown word",
        "a word id of null",
    ],
)
def test_an_invalid_answer_fails_with_a_code_and_is_paid_for_once(
    reader: TextractReader, textract: FakeTextract, make_page: Callable[[], list[Block]]
) -> None:
    textract.detect = lambda _: make_page()
    for _ in range(2):
        error = reader.expect_error(documents.make_picture("something"), MediaType.PNG)
        assert (error.code, type(error)) == (Code.OCR_ANSWER, PermanentError)
        assert "Textract returned an invalid answer" in error.message
    assert textract.paid_pages == 1


def test_an_answer_without_a_page_fails_with_a_code_and_is_paid_for_once(
    reader: TextractReader, textract: FakeTextract
) -> None:
    textract.detect = lambda _: []
    for _ in range(2):
        error = reader.expect_error(documents.make_picture("another"), MediaType.PNG)
        assert (error.code, type(error)) == (Code.OCR_ANSWER, PermanentError)
    assert textract.paid_pages == 1


def test_the_next_job_sends_a_page_again_after_an_invalid_answer(
    reader: TextractReader, textract: FakeTextract
) -> None:
    """After a valid answer, no later job sends the page."""
    picture = documents.make_picture("something")
    textract.detect = lambda _: []
    with bill_to("job-1"):
        assert reader.expect_error(picture, MediaType.PNG).code == Code.OCR_ANSWER
    textract.detect = lambda _: make_blocks()
    pages: list[int] = []
    for name in ("job-2", "job-3"):
        with bill_to(name) as bill:
            assert reader.read(picture, MediaType.PNG)[0].text == "something"
        pages.append(bill.pages)
    assert (pages, textract.paid_pages) == ([1, 0], 2)


@pytest.mark.parametrize(
    ("text", "read"), [("half \ud83d", "half \ufffd"), ("\ud83d\ude00", "\U0001f600")], ids=["half", "two halves"]
)
def test_half_a_surrogate_pair_is_replaced_and_paid_for_once(
    reader: TextractReader, textract: FakeTextract, text: str, read: str
) -> None:
    textract.detect = lambda _: replace_fields(1, Text=text)()
    for _ in range(2):
        assert reader.read(documents.make_picture("something"), MediaType.PNG)[0].text == read
    assert textract.paid_pages == 1


def test_unused_block_types_are_ignored(reader: TextractReader, textract: FakeTextract) -> None:
    textract.detect = lambda _: [*make_blocks(), {"BlockType": "SIGNATURE"}, {"BlockType": "TABLE", "Id": "7"}]
    assert reader.read(documents.make_picture("something"), MediaType.PNG)[0].text == "something"


def test_an_upside_down_page_with_slanted_lines_is_read_from_its_top() -> None:
    """The lines point to just below and just above 180 degrees: a mean of the signed angles would be near zero."""

    def make_slanted_line(text: str, y: float, slant: float) -> Block:
        return make_text_block("LINE", text, [(0.9, y), (0.1, y + slant), (0.1, y + slant - 0.02), (0.9, y - 0.02)])

    answer = parse_answer(
        {
            "Blocks": [
                make_page_block(),
                make_slanted_line("second", 0.85, -0.002),
                make_slanted_line("first", 0.9, 0.002),
            ]
        }
    )
    result = to_ocr_result(answer.lines, (1_000, 1_400))
    assert (in_reading_order(result.lines).text, result.turn) == ("first\nsecond", 180)
