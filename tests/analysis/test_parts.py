"""A long document is read in parts, and what they say becomes one: nothing is lost, doubled or silently overruled."""

from collections.abc import Iterator

import pytest

from durable import JobError, PermanentError, TemporaryError
from tests.analysis.desk import Desk, as_checkpoint, pages, value, values
from tests.analysis.provider import Asked, Form, Refusal, Reply, providing
from worker.adapters.object_store import Store
from worker.analysis.chunks import MIN_CHARACTERS, Chunk, Piece, split_pages
from worker.providers.retries import RetryPolicy


@pytest.fixture
def desk(store: Store, patience: RetryPolicy) -> Iterator[Desk]:
    """An analyzer in front of a provider, whose model finds what `form` makes of each page."""
    with providing(lambda _: {}) as provider:
        yield Desk(provider=provider, store=store, patience=patience)


def text_of(chunks: list[Chunk]) -> dict[int, str]:
    whole: dict[int, str] = {}
    for chunk in chunks:
        for piece in chunk.pieces:
            whole[piece.page] = whole.get(piece.page, "") + piece.text
    return whole


@pytest.mark.parametrize("most", [10, 37, 100, 1_000])
def test_parts_hold_every_character_once_and_no_more_than_they_may(most: int) -> None:
    texts = ("first line\nsecond line\n" * 7, "", "x" * 250, "short")
    chunks = split_pages(pages(*texts), most)
    assert text_of(chunks) == {1: texts[0], 3: texts[2], 4: texts[3]}
    assert all(chunk.size <= most for chunk in chunks)


def test_pages_stay_together_where_they_fit() -> None:
    chunks = split_pages(pages("a" * 60, "b" * 30, "c" * 30), 100)
    assert [[piece.page for piece in chunk.pieces] for chunk in chunks] == [[1, 2], [3]]


@pytest.mark.parametrize(
    "pieces",
    [
        (Piece(1, "a\n" * MIN_CHARACTERS),),
        (Piece(1, "x" * MIN_CHARACTERS), Piece(2, "y")),
        (Piece(1, "x"), Piece(2, "y" * MIN_CHARACTERS)),
        (Piece(1, "x" * MIN_CHARACTERS), Piece(2, "y" * MIN_CHARACTERS), Piece(3, "z" * MIN_CHARACTERS)),
    ],
)
def test_halves_hold_every_character_once(pieces: tuple[Piece, ...]) -> None:
    halves = Chunk(pieces).halves()
    assert halves
    assert all(half.size for half in halves)
    assert text_of(list(halves)) == text_of([Chunk(pieces)])


def test_what_is_small_has_no_halves() -> None:
    assert Chunk((Piece(1, "x" * (MIN_CHARACTERS - 1)),)).halves() is None


def make_form(page: int, of: object, quote: str, confidence: float = 0.9) -> Form:
    return {"summary": f"page {page}", "vendor": value(of, quote, page, confidence)}


def by_page(**forms: Reply) -> object:
    """Answer by the first page that is asked about, and sum up what is summed up."""

    def answer(asked: Asked) -> Reply:
        if '"part"' in asked.text:
            return {"summary": "all of it"}
        return next(form for name, form in forms.items() if f'"page": {name[1:]},' in asked.text)

    return answer


FILLER = " and some more words" * 10


def test_what_is_verified_goes_before_what_is_not(desk: Desk) -> None:
    desk.provider.answer = by_page(  # type: ignore[assignment] # a function
        p1=make_form(1, "Evil Corp", "nowhere", 1.0), p2=make_form(2, "Acme Ltd", "Acme Ltd", 0.3)
    )
    analysis = desk.analyze("Letterhead" + FILLER, "Acme Ltd" + FILLER, max_characters=250)
    assert values(analysis) == {"vendor": "Acme Ltd"}
    assert analysis.warnings == ()
    assert analysis.summary == "all of it"


def test_a_document_that_contradicts_itself_is_told_of(desk: Desk) -> None:
    desk.provider.answer = by_page(  # type: ignore[assignment] # a function
        p1=make_form(1, "Acme Ltd", "Acme Ltd", 0.5), p2=make_form(2, "Other AG", "Other AG", 0.9)
    )
    analysis = desk.analyze("Acme Ltd" + FILLER, "Other AG" + FILLER, max_characters=250)
    assert values(analysis) == {"vendor": "Other AG"}
    assert analysis.warnings == ("vendor: the document has different values (pages 1, 2)",)


def test_lists_are_joined_without_twins_and_rows_are_counted_on(desk: Desk) -> None:
    row = {"description": "Hose", "quantity": 2, "page": 1, "quote": "Hose 2", "confidence": 1}
    desk.provider.answer = by_page(  # type: ignore[assignment] # a function
        p1={"line_items": [row, row]}, p2={"line_items": [{**row, "description": "Nut", "page": 2, "quote": "Nut 2"}]}
    )
    rows = desk.analyze("Hose 2" + FILLER, "Nut 2" + FILLER, max_characters=250)
    assert list(values(rows)) == [
        f"line_items.{n}.{column}" for n in (1, 2, 3) for column in ("description", "quantity")
    ]
    desk.provider.answer = by_page(  # type: ignore[assignment] # a function
        p1={"parties": [value("Acme Ltd", "Acme Ltd")]},
        p2={"parties": [value("ACME  Ltd", "Acme Ltd", 2), value("Other AG", "Other AG", 2)]},
    )
    parties = desk.analyze("Acme Ltd" + FILLER, "Acme Ltd Other AG" + FILLER, kind="contract", max_characters=250)
    assert values(parties) == {"parties.1": "Acme Ltd", "parties.2": "Other AG"}


@pytest.mark.parametrize("sign", ["x", "\u0416", "\u4e2d", "\u0001"], ids=["latin", "cyrillic", "chinese", "control"])
def test_findings_that_are_too_many_are_left_out_and_told_and_cross_the_wire(desk: Desk, sign: str) -> None:
    """A table of 250 rows by four columns: what is limited are bytes, whatever script they are in."""
    columns = {"description": sign * 10, "quantity": 1, "unit_price": 1, "amount": 1}
    row = {**columns, "page": 1, "quote": sign * 160, "confidence": 0.9}
    desk.provider.answer = lambda _: {"line_items": [row] * 250}
    analysis = desk.analyze("Nothing of it.")
    kept = len(analysis.findings)
    assert 100 < kept < 1_000
    assert analysis.warnings[0] == f"{1_000 - kept} of 1000 values found were left out: there are too many"
    assert len(as_checkpoint(analysis).findings) == kept


def test_figures_are_fields_by_their_names(desk: Desk) -> None:
    figure = {"name": "Net revenue", **value(12_400_000, "Net revenue rose to 12.4 million")}
    desk.provider.answer = lambda _: {"metrics": [figure]}
    analysis = desk.analyze("Net revenue rose to 12.4 million.", kind="report")
    assert values(analysis) == {"metrics.net_revenue": 12_400_000.0}
    assert analysis.findings[0].evidence.verified


def test_many_summaries_become_one_step_by_step(desk: Desk) -> None:
    """Sixty parts of 1,500 characters are too much for one question."""

    def answer(asked: Asked) -> Reply:
        return {"summary": "short" if '"part"' in asked.text else f"{asked.text[:40]} {'w' * 1_400}"}

    desk.provider.answer = answer
    texts = [f"page {number}" + FILLER for number in range(60)]
    analysis = desk.analyze(*texts, max_characters=250)
    assert analysis.summary == "short"
    asked = [one for one in desk.provider.asked if '"part"' in one.text]
    assert len(desk.provider.asked) - len(asked) == 60
    assert 1 < len(asked) < 15
    assert all(len(one.text) < 20_000 for one in asked)


def refuse_page(number: int, refusal: Refusal) -> object:
    def answer(asked: Asked) -> Reply:
        return refusal if f'"page": {number},' in asked.text else {"summary": "fine"}

    return answer


def test_a_part_that_is_held_up_holds_up_no_other_one(desk: Desk, provider_pages: list[str]) -> None:
    """And the next try pays for nothing but the part that is missing."""
    desk.provider.answer = refuse_page(1, Refusal(429))  # type: ignore[assignment] # a function
    with pytest.raises(TemporaryError):
        desk.analyze(*provider_pages, max_characters=250)
    assert desk.provider.paid == 7
    desk.provider.answer = lambda _: {"summary": "fine"}
    analysis = desk.analyze(*provider_pages, max_characters=250)
    assert desk.provider.paid == 9  # the missing part, and the summary of all
    assert analysis.usage
    assert (analysis.usage.answers, analysis.usage.found) == (9, 7)


def test_after_a_permanent_refusal_no_more_requests_are_sent(desk: Desk, provider_pages: list[str]) -> None:
    desk.provider.answer = lambda _: Refusal(403)
    with pytest.raises(PermanentError):
        desk.analyze(*provider_pages, max_characters=250)
    assert len(desk.provider.asked) <= 4


@pytest.fixture
def provider_pages() -> list[str]:
    """Eight pages, each a part of its own."""
    return [f"page {number}" + FILLER for number in range(1, 9)]


def test_a_type_that_there_is_not_is_no_ones_to_guess(desk: Desk) -> None:
    with pytest.raises(JobError, match="there is no type letter"):
        desk.analyze("x", kind="letter")
    assert desk.provider.asked == []
