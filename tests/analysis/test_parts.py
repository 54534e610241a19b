"""A long document is analyzed in chunks: their findings are merged without loss, duplicates or silent conflicts."""

from collections.abc import Iterator

import pytest

from durable import JobError, PermanentError, TemporaryError
from tests.analysis.analyzer_lab import AnalyzerLab, make_pages, make_value, send_as_checkpoint, values_by_field
from tests.analysis.provider import Form, ModelRequest, Refusal, Reply, serve_provider
from worker.adapters.object_store import Store
from worker.analysis.chunks import MIN_CHARACTERS, Chunk, Piece, split_pages
from worker.providers.retries import RetryPolicy


@pytest.fixture
def lab(store: Store, retry_policy: RetryPolicy) -> Iterator[AnalyzerLab]:
    """An analyzer that calls a provider; each test sets the provider's answers."""
    with serve_provider(lambda _: {}) as provider:
        yield AnalyzerLab(provider=provider, store=store, retry_policy=retry_policy)


def join_chunks(chunks: list[Chunk]) -> dict[int, str]:
    whole: dict[int, str] = {}
    for chunk in chunks:
        for piece in chunk.pieces:
            whole[piece.page] = whole.get(piece.page, "") + piece.text
    return whole


@pytest.mark.parametrize("limit", [10, 37, 100, 1_000])
def test_chunks_hold_every_character_once_within_their_limit(limit: int) -> None:
    texts = ("first line\nsecond line\n" * 7, "", "x" * 250, "short")
    chunks = split_pages(make_pages(*texts), limit)
    assert join_chunks(chunks) == {1: texts[0], 3: texts[2], 4: texts[3]}
    assert all(chunk.size <= limit for chunk in chunks)


def test_pages_that_fit_share_a_chunk() -> None:
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
    assert join_chunks(list(halves)) == join_chunks([Chunk(pieces)])


def test_a_small_chunk_has_no_halves() -> None:
    assert Chunk((Piece(1, "x" * (MIN_CHARACTERS - 1)),)).halves() is None


def make_form(page: int, of: object, quote: str, confidence: float = 0.9) -> Form:
    return {"summary": f"page {page}", "vendor": make_value(of, quote, page, confidence)}


def answer_by_page(**forms: Reply) -> object:
    """Answer by the first page of the chunk; answer a request for a summary with one."""

    def answer(request: ModelRequest) -> Reply:
        if '"part"' in request.text:
            return {"summary": "all of it"}
        return next(form for name, form in forms.items() if f'"page": {name[1:]},' in request.text)

    return answer


FILLER = " and some more words" * 10


def test_a_verified_value_replaces_an_unverified_one(lab: AnalyzerLab) -> None:
    lab.provider.answer = answer_by_page(  # type: ignore[assignment] # a function
        p1=make_form(1, "Evil Corp", "nowhere", 1.0), p2=make_form(2, "Acme Ltd", "Acme Ltd", 0.3)
    )
    analysis = lab.analyze("Letterhead" + FILLER, "Acme Ltd" + FILLER, max_characters=250)
    assert values_by_field(analysis) == {"vendor": "Acme Ltd"}
    assert analysis.warnings == ()
    assert analysis.summary == "all of it"


def test_contradicting_values_get_a_warning(lab: AnalyzerLab) -> None:
    lab.provider.answer = answer_by_page(  # type: ignore[assignment] # a function
        p1=make_form(1, "Acme Ltd", "Acme Ltd", 0.5), p2=make_form(2, "Other AG", "Other AG", 0.9)
    )
    analysis = lab.analyze("Acme Ltd" + FILLER, "Other AG" + FILLER, max_characters=250)
    assert values_by_field(analysis) == {"vendor": "Other AG"}
    assert analysis.warnings == ("vendor: the document has different values (pages 1, 2)",)


def test_lists_are_joined_without_duplicates_and_rows_are_numbered_on(lab: AnalyzerLab) -> None:
    row = {"description": "Hose", "quantity": 2, "page": 1, "quote": "Hose 2", "confidence": 1}
    lab.provider.answer = answer_by_page(  # type: ignore[assignment] # a function
        p1={"line_items": [row, row]}, p2={"line_items": [{**row, "description": "Nut", "page": 2, "quote": "Nut 2"}]}
    )
    rows = lab.analyze("Hose 2" + FILLER, "Nut 2" + FILLER, max_characters=250)
    assert list(values_by_field(rows)) == [
        f"line_items.{n}.{column}" for n in (1, 2, 3) for column in ("description", "quantity")
    ]
    lab.provider.answer = answer_by_page(  # type: ignore[assignment] # a function
        p1={"parties": [make_value("Acme Ltd", "Acme Ltd")]},
        p2={"parties": [make_value("ACME  Ltd", "Acme Ltd", 2), make_value("Other AG", "Other AG", 2)]},
    )
    parties = lab.analyze("Acme Ltd" + FILLER, "Acme Ltd Other AG" + FILLER, kind="contract", max_characters=250)
    assert values_by_field(parties) == {"parties.1": "Acme Ltd", "parties.2": "Other AG"}


@pytest.mark.parametrize("sign", ["x", "\u0416", "\u4e2d", "\u0001"], ids=["latin", "cyrillic", "chinese", "control"])
def test_too_many_findings_are_dropped_with_a_warning_and_fit_the_checkpoint(lab: AnalyzerLab, sign: str) -> None:
    """A table of 250 rows and four columns. The limit counts bytes, in every script."""
    columns = {"description": sign * 10, "quantity": 1, "unit_price": 1, "amount": 1}
    row = {**columns, "page": 1, "quote": sign * 160, "confidence": 0.9}
    lab.provider.answer = lambda _: {"line_items": [row] * 250}
    analysis = lab.analyze("Nothing of it.")
    kept = len(analysis.findings)
    assert 100 < kept < 1_000
    assert analysis.warnings[0] == f"{1_000 - kept} of 1000 values found were left out: there are too many"
    assert len(send_as_checkpoint(analysis).findings) == kept


def test_each_figure_becomes_a_field_of_its_name(lab: AnalyzerLab) -> None:
    figure = {"name": "Net revenue", **make_value(12_400_000, "Net revenue rose to 12.4 million")}
    lab.provider.answer = lambda _: {"metrics": [figure]}
    analysis = lab.analyze("Net revenue rose to 12.4 million.", kind="report")
    assert values_by_field(analysis) == {"metrics.net_revenue": 12_400_000.0}
    assert analysis.findings[0].evidence.verified


def test_many_summaries_are_summarized_in_groups(lab: AnalyzerLab) -> None:
    """Twenty summaries of 1,500 characters exceed one request."""

    def answer(request: ModelRequest) -> Reply:
        return {"summary": "short" if '"part"' in request.text else f"{request.text[:40]} {'w' * 1_400}"}

    lab.provider.answer = answer
    texts = [f"page {number}" + FILLER for number in range(20)]
    analysis = lab.analyze(*texts, max_characters=250)
    assert analysis.summary == "short"
    summary_requests = [one for one in lab.provider.requests if '"part"' in one.text]
    assert len(lab.provider.requests) - len(summary_requests) == 20
    assert 1 < len(summary_requests) < 6
    assert all(len(one.text) < 20_000 for one in summary_requests)


def refuse_page(number: int, refusal: Refusal) -> object:
    def answer(request: ModelRequest) -> Reply:
        return refusal if f'"page": {number},' in request.text else {"summary": "fine"}

    return answer


def test_a_throttled_chunk_does_not_stop_the_others(lab: AnalyzerLab, eight_pages: list[str]) -> None:
    """The next attempt pays for the missing chunk and the summary only."""
    lab.provider.answer = refuse_page(1, Refusal(429))  # type: ignore[assignment] # a function
    with pytest.raises(TemporaryError):
        lab.analyze(*eight_pages, max_characters=250)
    assert lab.provider.paid == 7
    lab.provider.answer = lambda _: {"summary": "fine"}
    analysis = lab.analyze(*eight_pages, max_characters=250)
    assert lab.provider.paid == 9  # the missing chunk, and the summary
    assert analysis.model_answers
    assert (analysis.model_answers.count, analysis.model_answers.reused) == (9, 7)


def test_a_permanent_refusal_stops_further_requests(lab: AnalyzerLab, eight_pages: list[str]) -> None:
    lab.provider.answer = lambda _: Refusal(403)
    with pytest.raises(PermanentError):
        lab.analyze(*eight_pages, max_characters=250)
    assert len(lab.provider.requests) <= 4


@pytest.fixture
def eight_pages() -> list[str]:
    """Eight pages, each a chunk of its own."""
    return [f"page {number}" + FILLER for number in range(1, 9)]


def test_an_unknown_type_is_refused_without_a_request(lab: AnalyzerLab) -> None:
    with pytest.raises(JobError, match="there is no type letter"):
        lab.analyze("x", kind="letter")
    assert lab.provider.requests == []
