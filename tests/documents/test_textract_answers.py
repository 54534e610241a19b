"""What Textract answers is not trusted: what is no answer has a code, costs nothing twice, and no worker."""

from collections.abc import Callable

import pytest

from contract.codes import Code
from contract.reading import MediaType
from durable import PermanentError
from tests.worker import documents
from worker.costs.ledger import bill_to
from worker.documents.reading_order import text_of
from worker.documents.textract.answer import parse_answer
from worker.documents.textract.ocr_result import to_ocr_result

from .textract import Block, Provider, blocks, page_block, text_block
from .textract_desk import Desk


def without(name: str, at: int) -> Callable[[], list[Block]]:
    return lambda: [
        {key: value for key, value in block.items() if key != name} if place == at else block
        for place, block in enumerate(blocks())
    ]


def having(at: int, **words: object) -> Callable[[], list[Block]]:
    return lambda: [{**block, **words} if place == at else block for place, block in enumerate(blocks())]


@pytest.mark.parametrize(
    "make",
    [
        without("Geometry", 1),
        without("Geometry", 2),
        without("Text", 1),
        without("Id", 0),
        having(1, Text=None),
        having(1, Text=7),
        having(1, Confidence="sure"),
        having(1, Confidence=101),
        having(1, Confidence=float("nan")),
        having(1, Geometry={"Polygon": [{"X": 0.1, "Y": 0.1}]}),
        having(1, Geometry={"Polygon": [{"X": 0.1}] * 4}),
        having(1, Geometry={"Polygon": [{"X": float("inf"), "Y": 0.1}] * 4}),
        having(1, Geometry={"Polygon": [{"X": 1e300, "Y": 0.1}] * 4}),
        having(1, Relationships=[{"Type": "CHILD", "Ids": ["nowhere"]}]),
        having(1, Relationships=[{"Type": "CHILD", "Ids": [None]}]),
    ],
    ids=[
        "a line that is nowhere",
        "a word that is nowhere",
        "a line without text",
        "a page without a name",
        "no text",
        "a number for a text",
        "a word for a number",
        "surer than sure",
        "not a number",
        "a place with one corner",
        "corners of one side",
        "corners beyond everything",
        "corners far off the page",
        "a word that is not there",
        "a word with no name",
    ],
)
def test_an_answer_that_is_none_is_called_so_and_paid_for_once(
    desk: Desk, textract: Provider, make: Callable[[], list[Block]]
) -> None:
    textract.see = lambda _: make()
    for _ in range(2):
        error = desk.failure(documents.make_picture("something"), MediaType.PNG)
        assert (error.code, type(error)) == (Code.RECOGNIZER_ANSWER, PermanentError)
        assert "Textract returned an invalid answer" in error.message
    assert textract.paid == 1


def test_so_is_one_without_a_page(desk: Desk, textract: Provider) -> None:
    textract.see = lambda _: []
    for _ in range(2):
        error = desk.failure(documents.make_picture("another"), MediaType.PNG)
        assert (error.code, type(error)) == (Code.RECOGNIZER_ANSWER, PermanentError)
    assert textract.paid == 1


def test_a_page_without_an_answer_is_asked_for_anew_by_the_next_job(desk: Desk, textract: Provider) -> None:
    """And by none after that, once there is one."""
    picture = documents.make_picture("something")
    textract.see = lambda _: []
    with bill_to("job-1"):
        assert desk.failure(picture, MediaType.PNG).code == Code.RECOGNIZER_ANSWER
    textract.see = lambda _: blocks()
    pages: list[int] = []
    for name in ("job-2", "job-3"):
        with bill_to(name) as bill:
            assert desk.read(picture, MediaType.PNG)[0].text == "something"
        pages.append(bill.pages)
    assert (pages, textract.paid) == ([1, 0], 2)


@pytest.mark.parametrize(
    ("text", "read"), [("half \ud83d", "half \ufffd"), ("\ud83d\ude00", "\U0001f600")], ids=["half", "two halves"]
)
def test_half_a_character_costs_no_second_payment(desk: Desk, textract: Provider, text: str, read: str) -> None:
    textract.see = lambda _: having(1, Text=text)()
    for _ in range(2):
        assert desk.read(documents.make_picture("something"), MediaType.PNG)[0].text == read
    assert textract.paid == 1


def test_what_is_of_no_use_is_let_be(desk: Desk, textract: Provider) -> None:
    textract.see = lambda _: [*blocks(), {"BlockType": "SIGNATURE"}, {"BlockType": "TABLE", "Id": "7"}]
    assert desk.read(documents.make_picture("something"), MediaType.PNG)[0].text == "something"


def test_a_page_on_its_head_is_read_from_its_top_however_its_lines_lean() -> None:
    """Their directions are nearly half a turn, some to one side and some to the other: no mean says so."""

    def leaning(text: str, y: float, lean: float) -> Block:
        return text_block("LINE", text, [(0.9, y), (0.1, y + lean), (0.1, y + lean - 0.02), (0.9, y - 0.02)])

    answer = parse_answer({"Blocks": [page_block(), leaning("second", 0.85, -0.002), leaning("first", 0.9, 0.002)]})
    sight = to_ocr_result(answer.lines, (1_000, 1_400))
    assert (text_of(sight.lines), sight.turn) == ("first\nsecond", 180)
