"""A long document is read in parts, and what they say becomes one: nothing is lost, doubled or silently overruled."""

from collections.abc import Iterator

import pytest

from durable import JobError, PermanentError, TemporaryError
from tests.analysis.analyzer_lab import AnalyzerLab, make_pages, make_value, send_as_checkpoint, values_by_field
from tests.analysis.provider import Form, ModelRequest, Refusal, Reply, serve_provider
from worker.adapters.object_store import Store
from worker.analysis.chunks import MIN_CHARACTERS, Chunk, Piece, split_pages
from worker.providers.retries import RetryPolicy


@pytest.fixture
def lab(store: Store, patience: RetryPolicy) -> Iterator[AnalyzerLab]:
    """An analyzer in front of a provider, whose model finds what `form` makes of each page."""
    with serve_provider(lambda _: {}) as provider:
        yield AnalyzerLab(provider=provider, store=store, patience=patience)


def text_of(chunks: list[Chunk]) -> dict[int, str]:
    whole: dict[int, str] = {}
    for chunk in chunks:
        for piece in chunk.pieces:
            whole[piece.page] = whole.get(piece.page, "") + piece.text
    return whole


@pytest.mark.parametrize("most", [10, 37, 100, 1_000])
def test_parts_hold_every_character_once_and_no_more_than_they_may(most: int) -> None:
    texts = ("first line\nsecond line\n" * 7, "", "x" * 250, "short")
    chunks = split_pages(make_pages(*texts), most)
    assert text_of(chunks) == {1: texts[0], 3: texts[2], 4: texts[3]}
    assert all(chunk.size <= most for chunk in chunks)


def test_pages_stay_together_where_they_fit() -> None:
    chunks = split_pages(make_pages("a" * 60, "b" * 30, "c" * 30), 100)
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
    return {"summary": f"page {page}", "vendor": make_value(of, quote, page, confidence)}


def by_page(**forms: Reply) -> object:
    """Answer by the first page that is asked about, and sum up what is summed up."""

    def answer(request: ModelRequest) -> Reply:
        if '"part"' in request.text:
            return {"summary": "all of it"}
        return next(form for name, form in forms.items() if f'"page": {name[1:]},' in request.text)

    return answer


FILLER = " and some more words" * 10


def test_what_is_verified_goes_before_what_is_not(lab: AnalyzerLab) -> None:
    lab.provider.answer = by_page(  # type: ignore[assignment] # a function
        p1=make_form(1, "Evil Corp", "nowhere", 1.0), p2=make_form(2, "Acme Ltd", "Acme Ltd", 0.3)
    )
    analysis = lab.analyze("Letterhead" + FILLER, "Acme Ltd" + FILLER, max_characters=250)
    assert values_by_field(analysis) == {"vendor": "Acme Ltd"}
    assert analysis.warnings == ()
    assert analysis.summary == "all of it"


def test_a_document_that_contradicts_itself_is_told_of(lab: AnalyzerLab) -> None:
    lab.provider.answer = by_page(  # type: ignore[assignment] # a function
        p1=make_form(1, "Acme Ltd", "Acme Ltd", 0.5), p2=make_form(2, "Other AG", "Other AG", 0.9)
    )
    analysis = lab.analyze("Acme Ltd" + FILLER, "Other AG" + FILLER, max_characters=250)
    assert values_by_field(analysis) == {"vendor": "Other AG"}
    assert analysis.warnings == ("vendor: the document has different values (pages 1, 2)",)


def test_lists_are_joined_without_twins_and_rows_are_counted_on(lab: AnalyzerLab) -> None:
    row = {"description": "Hose", "quantity": 2, "page": 1, "quote": "Hose 2", "confidence": 1}
    lab.provider.answer = by_page(  # type: ignore[assignment] # a function
        p1={"line_items": [row, row]}, p2={"line_items": [{**row, "description": "Nut", "page": 2, "quote": "Nut 2"}]}
    )
    rows = lab.analyze("Hose 2" + FILLER, "Nut 2" + FILLER, max_characters=250)
    assert list(values_by_field(rows)) == [
        f"line_items.{n}.{column}" for n in (1, 2, 3) for column in ("description", "quantity")
    ]
    lab.provider.answer = by_page(  # type: ignore[assignment] # a function
        p1={"parties": [make_value("Acme Ltd", "Acme Ltd")]},
        p2={"parties": [make_value("ACME  Ltd", "Acme Ltd", 2), make_value("Other AG", "Other AG", 2)]},
    )
    parties = lab.analyze("Acme Ltd" + FILLER, "Acme Ltd Other AG" + FILLER, kind="contract", max_characters=250)
    assert values_by_field(parties) == {"parties.1": "Acme Ltd", "parties.2": "Other AG"}


@pytest.mark.parametrize("sign", ["x", "\u0416", "\u4e2d", "\u0001"], ids=["latin", "cyrillic", "chinese", "control"])
def test_findings_that_are_too_many_are_left_out_and_told_and_cross_the_wire(lab: AnalyzerLab, sign: str) -> None:
    """A table of 250 rows by four columns: what is limited are bytes, whatever script they are in."""
    columns = {"description": sign * 10, "quantity": 1, "unit_price": 1, "amount": 1}
    row = {**columns, "page": 1, "quote": sign * 160, "confidence": 0.9}
    lab.provider.answer = lambda _: {"line_items": [row] * 250}
    analysis = lab.analyze("Nothing of it.")
    kept = len(analysis.findings)
    assert 100 < kept < 1_000
    assert analysis.warnings[0] == f"{1_000 - kept} of 1000 values found were left out: there are too many"
    assert len(send_as_checkpoint(analysis).findings) == kept


def test_figures_are_fields_by_their_names(lab: AnalyzerLab) -> None:
    figure = {"name": "Net revenue", **make_value(12_400_000, "Net revenue rose to 12.4 million")}
    lab.provider.answer = lambda _: {"metrics": [figure]}
    analysis = lab.analyze("Net revenue rose to 12.4 million.", kind="report")
    assert values_by_field(analysis) == {"metrics.net_revenue": 12_400_000.0}
    assert analysis.findings[0].evidence.verified


def test_many_summaries_become_one_step_by_step(lab: AnalyzerLab) -> None:
    """Sixty parts of 1,500 characters are too much for one question."""

    def answer(request: ModelRequest) -> Reply:
        return {"summary": "short" if '"part"' in request.text else f"{request.text[:40]} {'w' * 1_400}"}

    lab.provider.answer = answer
    texts = [f"page {number}" + FILLER for number in range(60)]
    analysis = lab.analyze(*texts, max_characters=250)
    assert analysis.summary == "short"
    summary_requests = [one for one in lab.provider.requests if '"part"' in one.text]
    assert len(lab.provider.requests) - len(summary_requests) == 60
    assert 1 < len(summary_requests) < 15
    assert all(len(one.text) < 20_000 for one in summary_requests)


def refuse_page(number: int, refusal: Refusal) -> object:
    def answer(request: ModelRequest) -> Reply:
        return refusal if f'"page": {number},' in request.text else {"summary": "fine"}

    return answer


def test_a_part_that_is_held_up_holds_up_no_other_one(lab: AnalyzerLab, provider_pages: list[str]) -> None:
    """And the next try pays for nothing but the part that is missing."""
    lab.provider.answer = refuse_page(1, Refusal(429))  # type: ignore[assignment] # a function
    with pytest.raises(TemporaryError):
        lab.analyze(*provider_pages, max_characters=250)
    assert lab.provider.paid == 7
    lab.provider.answer = lambda _: {"summary": "fine"}
    analysis = lab.analyze(*provider_pages, max_characters=250)
    assert lab.provider.paid == 9  # the missing part, and the summary of all
    assert analysis.usage
    assert (analysis.usage.answers, analysis.usage.found) == (9, 7)


def test_after_a_permanent_refusal_no_more_requests_are_sent(lab: AnalyzerLab, provider_pages: list[str]) -> None:
    lab.provider.answer = lambda _: Refusal(403)
    with pytest.raises(PermanentError):
        lab.analyze(*provider_pages, max_characters=250)
    assert len(lab.provider.requests) <= 4


@pytest.fixture
def provider_pages() -> list[str]:
    """Eight pages, each a part of its own."""
    return [f"page {number}" + FILLER for number in range(1, 9)]


def test_a_type_that_there_is_not_is_no_ones_to_guess(lab: AnalyzerLab) -> None:
    with pytest.raises(JobError, match="there is no type letter"):
        lab.analyze("x", kind="letter")
    assert lab.provider.requests == []
