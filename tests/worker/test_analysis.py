"""The rules find the fields of a document with their evidence, and leave out what is missing or ambiguous."""

import asyncio
from decimal import Decimal
from random import Random
from string import ascii_lowercase

import pytest

from contract.analysis import Analysis
from contract.job import DocumentType
from tests.analysis.analyzer_lab import make_pages
from worker.analysis.dates import find_date
from worker.analysis.extractive import Extractive
from worker.analysis.money import find_money
from worker.analysis.rule_analysis import RulesRequest, analyze_with_rules


def analyze(kind: DocumentType, *texts: str) -> Analysis:
    """Analyze pages with these texts."""
    return analyze_with_rules(RulesRequest(kind=kind, pages=make_pages(*texts)))


def find_fields(kind: DocumentType, *texts: str) -> object:
    """Return the fields that the rules find in pages with these texts."""
    return analyze(kind, *texts).plain()


@pytest.mark.parametrize(
    ("text", "amount", "sign"),
    [
        ("Total EUR 1,234.50", "1234.50", "EUR"),
        ("1.234,50 €", "1234.50", "€"),
        ("1 234,50 EUR", "1234.50", "EUR"),
        ("US$4,999", "4999", "US$"),
        ("$ 12.00", "12.00", "$"),
        ("RM 10.14", "10.14", "RM"),
        ("Rs. 1,939.00", "1939.00", "Rs."),
        ("120,00 zł", "120.00", "zł"),
        ("1.250,00- EUR", "-1250.00", "EUR"),
        ("(12.50)", "-12.50", None),
        ("RM .05", "0.05", "RM"),
        ("£1,000,000.00", "1000000.00", "£"),
        ("CHF 1'250.00", "1250.00", "CHF"),
        ("to pay: 17.90", "17.90", None),
    ],
)
def test_an_amount_is_read_in_every_usual_notation(text: str, amount: str, sign: str | None) -> None:
    assert [(money.amount, money.sign) for money in find_money(text)] == [(Decimal(amount), sign)]


@pytest.mark.parametrize(
    "text", ["40", "Page 3 of 12", "19%", "RM 64 13", "14.03.2026", "2026-03-14", "INV-2026-00417", "6204-ZZ"]
)
def test_numbers_that_are_not_money_are_ignored(text: str) -> None:
    assert find_money(text) == []


@pytest.mark.parametrize(
    "text",
    ["2028-01-31", "31 January 2028", "31st of nothing, 31 Jan. 2028", "January 31, 2028", "31.01.2028", "31/01/2028",
     "01/31/2028", "31January2028"],
)  # fmt: skip
def test_a_date_is_read_in_every_usual_notation(text: str) -> None:
    day = find_date(text)
    assert day is not None
    assert day.isoformat() == "2028-01-31"


@pytest.mark.parametrize("text", ["01/02/2028", "31 February 2028", "2028", "in January", ""])
def test_an_ambiguous_or_impossible_date_is_ignored(text: str) -> None:
    assert find_date(text) is None


INVOICE = """Brightwater Logistics Ltd  INVOICE
Bill to: Morrow Hydraulics AG
Hydraulic hose, 40 x 18.50 740.00
Subtotal 740.00
VAT 19% 140.60
Total EUR 880.60"""


def test_an_invoice_has_a_vendor_an_amount_and_a_currency() -> None:
    analysis = analyze(DocumentType.INVOICE, INVOICE)
    assert analysis.plain() == {
        "vendor": "Brightwater Logistics Ltd",
        "amount": 880.6,
        "currency": "EUR",
        "net": 740.0,
        "tax": 140.6,
    }
    assert [(finding.evidence.page, finding.evidence.quote) for finding in analysis.findings[:3]] == [
        (1, "Brightwater Logistics Ltd  INVOICE"),
        (1, "Total EUR 880.60"),
        (1, "Total EUR 880.60"),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ("Dear Sir or Madam,\nthank you for your letter.", {}),
        ("INVOICE\nBill to: Morrow Hydraulics AG\nTotal 12.00", {"amount": 12.0}),
        ("Vendor: Acme  Invoice 7\nAmount due: $4,999.00", {"vendor": "Acme", "amount": 4999.0}),
        ("Total EUR 10.00\nTotal EUR 12.00", {"currency": "EUR"}),
        ("Total 10.00\nAmount due 12.00 GBP\n", {"currency": "GBP"}),
        ("Total 10.00\nPay in EUR or USD", {"amount": 10.0}),
        ("All prices in SEK\nTotal 10,00", {"amount": 10.0, "currency": "SEK"}),
        ("TAX INVOICE Acme Tools Ltd.", {"vendor": "Acme Tools Ltd."}),
        ("Sub-total EUR 10.00", {"currency": "EUR"}),
    ],
    ids=[
        "empty",
        "letter",
        "buyer only",
        "labels",
        "two totals",
        "two readings",
        "two currencies",
        "elsewhere",
        "title",
        "subtotal",
    ],
)
def test_an_invoice_has_only_the_fields_that_its_text_supports(text: str, found: object) -> None:
    assert find_fields(DocumentType.INVOICE, text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "between Halden Instruments GmbH\nand Quillon & Sons LLC on 1 February 2026.\nExpires on 31 January 2028.",
            {"parties": ["Halden Instruments GmbH", "Quillon & Sons LLC"], "expires": "2028-01-31"},
        ),
        (
            'between Northgate Paper Co. (the "Supplier") and Aster Biomedical Inc., valid until\nDecember 31, 2027.',
            {"parties": ["Northgate Paper Co.", "Aster Biomedical Inc."], "expires": "2027-12-31"},
        ),
        ("This agreement is dated 1 March 2026 and ends with a notice of ninety days.", {}),
        ("It expires on 01/02/2028.", {}),
        ("The distance between the two and the wall", {}),
        ("", {}),
    ],
    ids=["plain", "with roles", "no end", "ambiguous", "no names", "empty"],
)
def test_a_contract_has_parties_and_an_expiry_date(text: str, found: object) -> None:
    assert find_fields(DocumentType.CONTRACT, text) == found


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("Quarterly Report Q3 2026", "Q3 2026"),
        ("Results of the fourth quarter of 2025", "Q4 2025"),
        ("January to March 2026", "January to March 2026"),
        ("Fiscal year 2025", "FY 2025"),
        ("Annual Report 2025", "2025"),
        ("Report", None),
    ],
)
def test_a_report_has_a_period(text: str, period: str | None) -> None:
    assert find_fields(DocumentType.REPORT, text, "Q1 1999") == ({"period": period} if period else {})


@pytest.mark.parametrize(
    ("text", "metrics"),
    [
        ("Revenue rose to EUR 12.4 million.", {"metrics.revenue": 12_400_000.0}),
        ("Net revenue: 1,200,300", {"metrics.net_revenue": 1_200_300.0}),
        ("Revenue (million EUR): 12.4", {"metrics.revenue": 12_400_000.0}),
        (
            "The operating margin was 8.1%, and growth was 3 per cent.",
            {"metrics.operating_margin": 8.1, "metrics.growth": 3.0},
        ),
        ("Revenue grew by 8.1% to EUR 12.4 million", {"metrics.revenue": 12_400_000.0}),
        ("Revenue and costs were 5 and 6 million", {}),
        ("Revenue grew by 8.1%", {}),
        ("Revenue 2024 2025", {}),
        ("Revenue 1,200.0 1,300.0", {}),
        ("Revenue in Q4 2025 was good", {}),
        ("Customers are happy. 40 of them wrote.", {}),
    ],
)
def test_a_report_has_the_metrics_that_its_text_names(text: str, metrics: dict[str, float]) -> None:
    found = analyze(DocumentType.REPORT, text).findings
    assert {one.field: one.value for one in found if one.field != "period"} == metrics


def test_a_metric_has_its_page_and_sentence_as_evidence() -> None:
    analysis = analyze(DocumentType.REPORT, "Q3 2026", "It rained. Revenue rose to EUR 2 million. It rained.")
    evidence = analysis.findings[1].evidence
    assert (evidence.page, evidence.quote) == (2, "Revenue rose to EUR 2 million.")


@pytest.mark.soak
@pytest.mark.parametrize("kind", [DocumentType.INVOICE, DocumentType.CONTRACT, DocumentType.REPORT])
def test_a_book_of_two_thousand_pages_is_analyzed_within_the_limits(kind: DocumentType) -> None:
    """Varied sentences with amounts and dates take the rules longest."""
    random = Random(1)
    words = ["".join(random.choices(ascii_lowercase, k=random.randint(2, 10))) for _ in range(5_000)]

    def write_line(number: int) -> str:
        text = " ".join(random.choices(words, k=8))
        return (
            f"{text.capitalize()}, revenue was EUR {number}.{number % 90 + 10} million on 3 May 20{number % 60 + 20}."
        )

    pages = make_pages(*("\n".join(write_line(line) for line in range(35)) for _ in range(2_000)))
    analysis = asyncio.run(Extractive({})(kind, pages))
    assert analysis.analyzer.startswith("extractive")


def test_the_child_process_finds_what_the_function_finds() -> None:
    kind = DocumentType.INVOICE
    assert asyncio.run(Extractive({})(kind, make_pages(INVOICE))) == analyze(kind, INVOICE)
