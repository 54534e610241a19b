"""The evaluation counts right, wrong, missing and invented values, and scores the text."""

import asyncio
import json
from pathlib import Path
from random import Random

import pytest
from pydantic import JsonValue

from contract.analysis import Analysis, Evidence, Finding
from contract.reading import MediaType
from evaluation.baseline import Baseline, find_worse
from evaluation.cases import CaseError, cases_in
from evaluation.compare import Comparison, Verdict, judge
from evaluation.distance import distance, error_rate, likeness, word_recall
from evaluation.own.document_set import SCANS, write_documents
from evaluation.own.invoices import draw_invoice
from evaluation.own.wear import render_pages, scan_pdf, skew
from evaluation.running import run, values_of
from evaluation.scores import CaseScore, FieldVerdict, score
from evaluation.table import table
from evaluation.transcript import page_of
from worker.analysis.extractive import Extractive
from worker.documents.document_reader import DocumentReader
from worker.documents.survey import DocumentFile, survey


def compute_table_distance(one: str, other: str) -> int:
    """Compute the edit distance with the full table of its definition."""
    row = list(range(len(other) + 1))
    for number, a in enumerate(one, start=1):
        last, row[0] = row[0], number
        for place, b in enumerate(other, start=1):
            last, row[place] = row[place], min(last + (a != b), row[place] + 1, row[place - 1] + 1)
    return row[-1]


def test_the_fast_distance_equals_the_table_distance() -> None:
    random = Random(3)
    words = ["".join(random.choices("abc ", k=random.randrange(150))) for _ in range(150)]
    for one, other in zip(words, reversed(words), strict=True):
        assert distance(one, other) == compute_table_distance(one, other)


def test_text_is_scored_by_characters_and_by_words() -> None:
    assert error_rate("the  cat\nsat", "the cat sat") == 0
    assert error_rate("the cut sat", "the cat sat") == pytest.approx(1 / 11)
    assert word_recall("sat the cut", "the cat sat") == pytest.approx(2 / 3)
    assert likeness("", "") == 1


@pytest.mark.parametrize(
    ("found", "true", "comparison", "verdict"),
    [
        ("Acme  ltd", "ACME Ltd", None, Verdict.RIGHT),
        ("Acme Ltd.", "Acme Ltd", Comparison.EXACT, Verdict.WRONG),
        ("Acme Limited Co", "Acme Limited C0", Comparison.FUZZY, Verdict.RIGHT),
        (12, 12.001, None, Verdict.RIGHT),
        ("12.00", 12, Comparison.NUMERIC, Verdict.RIGHT),
        ("twelve", 12, Comparison.NUMERIC, Verdict.WRONG),
        (["b", "a"], ["a", "b"], None, Verdict.RIGHT),
        (["a", "a"], ["a", "b"], None, Verdict.WRONG),
        ({"x": 1}, {"x": 1.0}, Comparison.NUMERIC, Verdict.RIGHT),
        ({"x": 1, "y": 2}, {"x": 1}, None, Verdict.WRONG),
        (None, "a", None, Verdict.MISSING),
        ("a", None, None, Verdict.INVENTED),
        ([], None, None, Verdict.RIGHTLY_ABSENT),
        (0, 5, None, Verdict.WRONG),
        (0, 0, None, Verdict.RIGHT),
    ],
)
def test_a_value_is_compared_by_its_kind(
    found: JsonValue, true: JsonValue, comparison: Comparison | None, verdict: Verdict
) -> None:  # fmt: skip
    assert judge(found, true, comparison) is verdict


def make_case_score(**verdicts: Verdict) -> CaseScore:
    fields = tuple(FieldVerdict(field=name, found=1, true=2, verdict=one) for name, one in verdicts.items())
    return CaseScore(name="a.pdf", type="invoice", fields=fields)


def test_precision_and_recall_follow_their_definitions() -> None:
    """One of four documents is right, one is wrong, one misses its value, and one has an invented value."""
    kinds = (Verdict.RIGHT, Verdict.WRONG, Verdict.MISSING, Verdict.INVENTED)
    [field] = score("x", [make_case_score(total=kind) for kind in kinds]).fields
    assert (field.documents, field.right, field.wrong, field.missing, field.invented, field.fine) == (
        4,
        1,
        1,
        1,
        1,
        0.25,
    )
    assert field.precision == pytest.approx(1 / 3)
    assert field.recall == pytest.approx(1 / 3)
    assert field.f1 == pytest.approx(1 / 3)


def test_a_field_absent_from_every_document_has_no_precision() -> None:
    [field] = score("x", [make_case_score(total=Verdict.RIGHTLY_ABSENT)]).fields
    assert (field.fine, field.precision, field.recall, field.f1) == (1.0, None, None, None)


def test_scans_are_scored_apart_from_documents_with_a_text_layer() -> None:
    digital = make_case_score(total=Verdict.RIGHT).model_copy(update={"error_rate": 0.0, "word_recall": 1.0})
    scan = make_case_score(total=Verdict.WRONG).model_copy(
        update={"error_rate": 0.02, "word_recall": 0.9, "is_scan": True}
    )
    result = score("x", [digital, scan])
    [field] = result.fields
    assert (field.fine, field.scans) == (0.5, 0.0)
    assert (result.digital.error_rate, result.scans.error_rate) == (0.0, 0.02)
    text = table(result)
    assert "x, 2 documents, 1 of them with scanned pages" in text
    assert "text of scans: 2.00 % of characters wrong, 90.0 % of words there" in text


def test_the_table_lists_the_wrong_values() -> None:
    text = table(score("x", [make_case_score(total=Verdict.WRONG), make_case_score(total=Verdict.RIGHT)]))
    assert "a.pdf: total is wrong: found 1, true is 2" in text
    assert "50.0 %" in text


def test_folders_of_folders_are_scored_apart(tmp_path: Path) -> None:
    for name in ("a/1", "b/c/1", "2"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{name}.json").write_text('{"type": "invoice", "fields": {"amount": 1}}')
        (tmp_path / f"{name}.txt").write_text("of no type that is read")
    cases = list(cases_in(tmp_path))
    assert [case.folder for case in cases] == ["", "a", "b/c"]
    result = score("x", [asyncio.run(run(case, DocumentReader(), Extractive({}))) for case in cases])
    assert [(one.folder, one.missing) for one in result.fields] == [("", 1), ("a", 1), ("b/c", 1)]
    assert "b/c/" in table(result)


def test_lines_that_were_read_already_need_no_document(tmp_path: Path) -> None:
    """They are put in the order of their places, and a type that they do not name is that of the command."""
    boxes = ["80,21,140,21,140,31,80,31,RM 9.00", "0,0,90,0,90,10,0,10,Alder Shop", "0,20,30,20,30,30,0,30,Total"]
    (tmp_path / "a.json").write_text(json.dumps({"fields": {"total": 9}, "boxes": boxes}))
    [case] = cases_in(tmp_path, kind="receipt")
    result = asyncio.run(run(case, DocumentReader(), Extractive({})))
    assert [one.verdict for one in result.fields] == [Verdict.RIGHT]
    assert page_of(boxes).text == "Alder Shop\nTotal  RM 9.00"


def test_what_is_false_is_listed_before_what_is_missing() -> None:
    text = table(score("x", [make_case_score(a=Verdict.MISSING, b=Verdict.INVENTED)]))
    assert text.index("b is invented") < text.index("a is missing")


@pytest.mark.parametrize(
    ("before", "now", "worse"),
    [
        (Verdict.RIGHT, Verdict.RIGHT, 0),
        (Verdict.MISSING, Verdict.RIGHT, 0),
        (Verdict.WRONG, Verdict.MISSING, 0),
        (Verdict.RIGHT, Verdict.MISSING, 1),
        (Verdict.MISSING, Verdict.WRONG, 1),
        (Verdict.RIGHTLY_ABSENT, Verdict.INVENTED, 1),
    ],
)
def test_fewer_right_or_more_false_values_are_worse(before: Verdict, now: Verdict, worse: int) -> None:
    earlier, later = (score("x", [make_case_score(total=one)]) for one in (before, now))
    assert len(list(find_worse(later, Baseline(fields=earlier.fields)))) == worse


def test_a_field_that_is_no_longer_measured_is_worse() -> None:
    earlier = score("x", [make_case_score(total=Verdict.MISSING)])
    assert list(find_worse(score("x", []), Baseline(fields=earlier.fields))) == ["invoice/total was not measured"]


def test_numbered_fields_become_lists() -> None:
    evidence = Evidence(page=1, quote="q")
    fields: dict[str, str | float] = {
        "parties.1": "A",
        "parties.2": "B",
        "rows.1.name": "x",
        "rows.1.count": 2.0,
        "metrics.revenue": 1.0,
    }
    findings = tuple(Finding(field=name, value=value, evidence=evidence) for name, value in fields.items())
    assert values_of(Analysis(analyzer="x", summary="", findings=findings)) == {
        "parties": ["A", "B"],
        "rows": [{"name": "x", "count": 2.0}],
        "metrics": {"revenue": 1.0},
    }


def test_the_own_set_is_reproducible(tmp_path: Path) -> None:
    one, other = (draw_invoice(Random("x")) for _ in range(2))
    assert (one[0].pdf(), one[1]) == (other[0].pdf(), other[1])
    write_documents(tmp_path, scans={"invoice": 1, "report": 2})  # to draw all forty takes five seconds
    names = [case.file.stem for case in cases_in(tmp_path)]
    assert [name for name in names if "scan" in name] == ["invoice-01-scan", "report-01-scan", "report-02-scan"]
    assert (len(names), sum(SCANS.values())) == (103, 40)


def test_a_scan_is_reproducible_and_has_no_text_layer(tmp_path: Path) -> None:
    sheet, _ = draw_invoice(Random("x"))
    one, other = (scan_pdf(sheet.pdf(), wear, Random(1)) for wear in (skew, skew))
    assert _render_pixels(one) == _render_pixels(other)
    (tmp_path / "scan.pdf").write_bytes(one)
    found = survey(DocumentFile(path=str(tmp_path / "scan.pdf"), media_type=MediaType.PDF))
    assert found.unread == (1,)


def _render_pixels(pdf: bytes) -> list[bytes]:
    """Return the pixels of the pages: the file itself contains its time of creation."""
    return [page.tobytes() for page in render_pages(pdf)]


@pytest.mark.soak
def test_scans_of_the_own_set_are_read_correctly(tmp_path: Path) -> None:
    """Five scans with the default OCR engine; `make eval` reads forty. tests/documents reads others in `make test`."""
    write_documents(tmp_path / "set", scans={"invoice": 3, "contract": 1, "report": 1})
    some = [case for case in cases_in(tmp_path / "set") if "scan" in case.file.name]

    async def scores() -> list[CaseScore]:
        return await asyncio.gather(*(run(case, DocumentReader(), Extractive({})) for case in some))

    result = score("extractive", asyncio.run(scores()))
    assert [case.failure for case in result.cases] == [None] * len(some)
    assert {(one.field, one.scans) for one in result.fields if one.scans != 1} == set()
    assert result.scans.documents == len(some) == 5
    assert (result.scans.error_rate or 0) < 0.01
    assert (result.scans.word_recall or 0) > 0.95


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "has no .json"),
        ({"a.json": '{"type": "x"}'}, "needs exactly one document"),
        ({"a.json": "{}", "a.pdf": ""}, "a.json names no type: name it there, or with --type"),
        ({"a.json": '{"type": "x", "boxes": ["1,2,Total"]}'}, "boxes.0: String should match pattern"),
        ({"a.json": '{"type": "invoice", "field": {}}', "a.pdf": ""}, "field: Extra inputs are not permitted"),
        ({"a.json": '{"type": "x"}', "a.pdf": "", "a.png": ""}, r"a\.json needs exactly one document .* and has 2"),
        ({"a.json": "no", "a.pdf": ""}, r"a\.json: the whole: Invalid JSON"),
        ({"a.json": "[]", "a.pdf": ""}, r"a\.json: the whole: Input should be an object"),
        ({"a.json": '{"type": "x", "text": "one"}', "a.pdf": ""}, "text: Input should be a valid array"),
        ({"a.json": '{"type": "x", "compare": {"b": "c"}}', "a.pdf": ""}, "compare.b: Input should be 'exact'"),
    ],
)
def test_the_error_of_an_unusable_folder_names_it(tmp_path: Path, files: dict[str, str], message: str) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    with pytest.raises(CaseError, match=message):
        list(cases_in(tmp_path))
