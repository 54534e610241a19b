"""The rules read invoices, contracts and reports of many layouts, and leave out ambiguous values."""

from collections import Counter
from itertools import product

import pytest

from contract.job import DocumentType
from contract.reading import PageText, TextSource
from evaluation.compare import Verdict, judge
from evaluation.own.document_set import COMPARE, COUNTS, SEED, draw_documents
from tests.analysis.analyzer_lab import make_pages
from tests.seeds import RUN_SEED
from worker.analysis.dates import days_come_first, find_date, find_written_dates
from worker.analysis.lines import split_lines
from worker.analysis.rule_analysis import RulesRequest, analyze_with_rules

MIN_RIGHT_SHARE = 0.95
OTHER_SEED = 1_848  # a set that the rules were not written for
HOSTILE_TEXTS = {
    "names": "Acme Beta " * 15_000,
    "between": ("between " + "Acme " * 20 + "\n") * 500,
    "digits": "1 " * 20_000,
    "dates": "date 1.1." * 4_000,
    "numbers": "n. " * 8_000,
    "labels": "date " * 30_000,
    "short dates": "1/2/26 " * 21_000,
    "sums": "total 1.00 " * 12_000,
}
TYPES = list(DocumentType)
# `make test` has each text as one type of document, another in each run; `make soak` has it as every type.
SOME_OR_ALL_HOSTILE_TEXTS = [
    *(
        pytest.param(TYPES[(RUN_SEED + place) % len(TYPES)], text, id=name)
        for place, (name, text) in enumerate(HOSTILE_TEXTS.items())
    ),
    *(
        pytest.param(kind, text, id=f"every-{kind}-{name}", marks=pytest.mark.soak)
        for kind, (name, text) in product(TYPES, HOSTILE_TEXTS.items())
    ),
]


def analyze(kind: DocumentType, *texts: str) -> dict[str, object]:
    """Analyze pages with these texts by rules; return their fields."""
    return dict(analyze_with_rules(RulesRequest(kind=kind, pages=make_pages(*texts))).plain())


@pytest.mark.parametrize("seed", [SEED, OTHER_SEED])
@pytest.mark.parametrize("kind", COUNTS)
def test_the_own_set_is_analyzed_correctly(kind: str, seed: int) -> None:
    """Every field of every type is right in at least 95 % of documents, and no value is invented."""
    counts: dict[str, Counter[Verdict]] = {}
    for sheet, truth in draw_documents(kind, COUNTS[kind], seed):
        found = analyze(DocumentType(kind), *sheet.texts())
        for field, true in truth.items():
            comparison = COMPARE.get(kind, {}).get(field)
            counts.setdefault(field, Counter())[judge(found.get(field), true, comparison)] += 1  # type: ignore[arg-type] # JSON
    fine = {name: count[Verdict.RIGHT] + count[Verdict.RIGHTLY_ABSENT] for name, count in counts.items()}
    assert {name for name, right in fine.items() if right < MIN_RIGHT_SHARE * COUNTS[kind]} == set()
    assert {name for name, count in counts.items() if count[Verdict.INVENTED]} == set()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Date: 03/04/2026", {}),
        ("Date: 03/04/2026\nDue date: 25/04/2026", {"date": "2026-04-03", "due": "2026-04-25"}),
        ("Date: 03/04/2026\nDue date: 04/25/2026", {"date": "2026-03-04", "due": "2026-04-25"}),
        ("Facture n° 7\nDate : 03/04/2026", {"number": "7", "date": "2026-04-03"}),
        ("Factura n.o 8\nFecha: 03/04/2026", {"number": "8", "date": "2026-04-03"}),  # as OCR reads n.º
        ("Rechnungsdatum: 03.04.26", {"date": "2026-04-03"}),
        ("Delivery date: 3 April 2026", {}),
        ("Date de livraison : 3 avril 2026", {}),
        ("Invoice date: 3 April 2026\nInvoice date: 4 April 2026", {}),
        (
            "Invoice No. Date Due date\nA-77 3 April 2026 3 May 2026",
            {"number": "A-77", "date": "2026-04-03", "due": "2026-05-03"},
        ),
        ("Invoice date Due date\n3 April 2026", {}),
        ("Order number: 7", {}),
        ("Invoice number: 7\nInvoice no. 8", {}),
        ("VAT 19% EUR 1.00\nVAT 7% EUR 2.00", {"currency": "EUR"}),
        (
            "Subtotal 10.00\nVAT 19% 1.00\nVAT 7% 2.00\nTotal EUR 13.00",
            {"net": 10.0, "tax": 3.0, "amount": 13.0, "currency": "EUR"},
        ),
        ("Subtotal 10.00\nVAT 2.00\nTotal 12.00\nTotal 99.00", {"net": 10.0, "tax": 2.0, "amount": 12.0}),
        ("Total HT 10,00\nTVA 2,00\nTotal TTC 12,00 €", {"net": 10.0, "tax": 2.0, "amount": 12.0, "currency": "EUR"}),
        ("Total station hire 4,402.49", {}),
        ("Total incl. VAT in EUR: 12.00", {"amount": 12.0, "currency": "EUR"}),
    ],
)  # fmt: skip
def test_an_invoice_yields_only_its_unambiguous_values(text: str, found: dict[str, object]) -> None:
    assert analyze(DocumentType.INVOICE, text) == found


@pytest.mark.parametrize(
    ("text", "vendor"),
    [
        ("Werkzeugbau Lindner GmbH & Co. KG\nRechnung an: Morrow AG", "Werkzeugbau Lindner GmbH & Co. KG"),
        ("Ostrava Sklo s.r.o. INVOICE", "Ostrava Sklo s.r.o."),
        ("Éditions Léger SARL · 8 rue du Port", "Éditions Léger SARL"),
        ("From Bill to\nHalden Instruments GmbH Morrow Hydraulics AG", "Halden Instruments GmbH"),
        ("From Bill to\nStudio Marlow Morrow Hydraulics AG", None),
        ("From Bill to\nStudio Marlow Morrow Hydraulics AG\nAccount holder: Studio Marlow", "Studio Marlow"),
        ("Studio Marlow\nINVOICE\nAccount holder: Studio Marlow  IBAN DE12", "Studio Marlow"),
        ("INVOICE\nAccount holder: Studio Marlow", None),
        ("De: Talleres Ribera S.L.\nFacturar a: Morrow Hydraulics AG", "Talleres Ribera S.L."),
        ("Rechnung an: Morrow Hydraulics AG", None),
    ],
)
def test_the_vendor_is_the_issuer_of_the_invoice(text: str, vendor: str | None) -> None:
    assert analyze(DocumentType.INVOICE, text).get("vendor") == vendor


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It takes effect on 1 May 2026.", {"effective": "2026-05-01"}),
        ("This agreement is governed by the laws of England and Wales.", {"governing_law": "England and Wales"}),
        ("It is governed by German law.", {"governing_law": "German"}),
        ("An effective review of 1 May 2026", {}),
        ("made between Aster Inc. and Quillon & Sons LLC It is", {"parties": ["Aster Inc.", "Quillon & Sons LLC"]}),
    ],
)
def test_a_contract_yields_only_its_unambiguous_values(text: str, found: dict[str, object]) -> None:
    assert analyze(DocumentType.CONTRACT, text) == found


@pytest.mark.parametrize(
    "text", ["14 mars 2026", "14. März 2026", "14 de marzo de 2026", "14 marzo 2026", "14 maart 2026", "14.03.26"]
)
def test_a_date_is_read_in_several_languages(text: str) -> None:
    assert str(find_date(text)) == "2026-03-14"


def test_the_order_of_day_and_month_is_known_only_if_all_dates_agree() -> None:
    for text, order in {
        "01/02/2026 13/02/2026": True,
        "01/02/2026 02/13/2026": False,
        "13/02/2026 02/13/2026": None,
        "01/02/2026": None,
        "01/02/2026 or 1 February 2026": True,
        "01-02-26 or February 1, 2026": True,
        "02/01/2026 or 1 February 2026": False,
    }.items():
        assert days_come_first(find_written_dates(text)) is order


@pytest.mark.timeout(60)
def test_the_only_clear_total_is_found_among_hundreds_of_sums() -> None:
    """Thousands of nets and taxes add up to some total: to compare each with each other takes hours."""
    lines = [f"Net {2_000 + n}.00\nVAT {100 + n}.00\nTotal {2_100 + n}.00" for n in range(400)]
    found = analyze(DocumentType.INVOICE, "\n".join([*lines, "Total incl. VAT 2898.00"]))
    assert found == {"net": 2399.0, "tax": 499.0, "amount": 2898.0}


@pytest.mark.timeout(60)
def test_more_sums_than_any_invoice_has_prove_nothing() -> None:
    lines = [f"Net {20_000 + n}.00\nVAT {1_000 + n}.00\nTotal {21_000 + n}.00" for n in range(2_500)]
    lines += [f"Paid {n}.00\nChange {n}.50" for n in range(2_500)]
    assert analyze(DocumentType.INVOICE, "\n".join([*lines, "Total incl. VAT 25998.00"])) == {"amount": 25998.0}


@pytest.mark.parametrize(
    "text", ["word " * 3_000, "x" * 9_000, f"{'x' * 2_500} {'word ' * 2_000}", "short", " " * 5_000]
)
def test_a_very_long_line_is_cut_at_blanks_without_loss(text: str) -> None:
    pieces = [line.text for line in split_lines(make_pages(text))]
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert {word for piece in pieces for word in piece.split() if "x" not in word} <= {"word", "short"}
    assert max(map(len, pieces), default=0) <= 2_000


@pytest.mark.parametrize(("kind", "text"), SOME_OR_ALL_HOSTILE_TEXTS)
@pytest.mark.timeout(60)
def test_hostile_text_does_not_slow_the_patterns(kind: DocumentType, text: str) -> None:
    """In production a child process with a time limit protects the worker too; these texts must not need it."""
    page = PageText(number=1, text=text, source=TextSource.TEXT_LAYER)
    assert analyze_with_rules(RulesRequest(kind=kind, pages=(page,))).analyzer == "extractive"
