"""What a person sees in a receipt, and the summaries that rules write of what they found."""

import pytest

from contract.job import DocumentType
from tests.analysis.analyzer_lab import apply_rules

RECEIPT = """KEDAI BUKU MELUR SDN BHD (1234-X)
12, JALAN MELUR, 81100 JOHOR BAHRU
DATE : 05/03/2018 09:41:22 PM
PENCIL  2  RM 3.00
TOTAL (INCL GST)  RM 3.18
ROUNDING ADJ  RM 0.02
TOTAL ROUNDED  RM 3.20
CASH  RM 5.00
CHANGE  RM 1.80
GST SUMMARY
SR @ 6%  3.00  0.18"""


def test_a_receipt_has_what_a_person_sees_in_it() -> None:
    analysis = apply_rules(DocumentType.RECEIPT, RECEIPT)
    assert analysis.plain() == {
        "merchant": "KEDAI BUKU MELUR SDN BHD",
        "date": "2018-03-05",
        "time": "21:41",
        "total": 3.2,
        "currency": "MYR",
        "tax": 0.18,
        "payment": "cash",
    }
    assert analysis.summary == (
        "Receipt from KEDAI BUKU MELUR SDN BHD of 5 March 2018 at 21:41: MYR 3.20 (tax 0.18), paid by cash."
    )


@pytest.mark.parametrize(
    ("text", "time"),
    [("12:30 AMEX", "12:30"), ("12:30 Amount", "12:30"), ("12:30 am", "00:30"), ("09:41 PM", "21:41")],
)
def test_only_am_and_pm_change_a_time(text: str, time: str) -> None:
    assert apply_rules(DocumentType.RECEIPT, f"01.05.2026 {text}").plain()["time"] == time


@pytest.mark.parametrize(
    ("text", "payment"),
    [("Card 5.00", "card"), ("EC Karte 5,00", "card"), ("Efectivo 5,00", "cash"), ("Card 5.00\nCash 1.00", None)],
)
def test_a_payment_is_the_only_kind_beside_sums(text: str, payment: str | None) -> None:
    assert apply_rules(DocumentType.RECEIPT, text).plain().get("payment") == payment


@pytest.mark.parametrize(
    ("kind", "text", "summary"),
    [
        (
            DocumentType.INVOICE,
            (
                "Alder Foods Ltd\nInvoice No. 7\nInvoice date: 14 March 2026\nDue date: 1 April 2026\n"
                "Subtotal 10.00\nVAT 2.00\nTotal GBP 12.00"
            ),
            "Invoice 7 of 14 March 2026 from Alder Foods Ltd: GBP 12.00 (net 10.00, tax 2.00), due 1 April 2026.",
        ),
        (DocumentType.INVOICE, "Gutschrift Nr. 8 vom 01.02.2026", "Credit note 8 of 1 February 2026."),
        (DocumentType.INVOICE, "Rechnung Nr. 5\nGutschrift Anzahlung 3,00", "Invoice 5."),
        (DocumentType.INVOICE, "Dear Sir,\nthank you for your letter of last week.", ""),
        (DocumentType.CONTRACT, "SUPPLY AGREEMENT\nThe parties agree.", "Supply Agreement."),
        (DocumentType.CONTRACT, "Dear Sir,\nthank you.", ""),
        (
            DocumentType.REPORT,
            "Quarterly Report Q3 2026\nRevenue was EUR 12.4 million.",
            "Quarterly Report Q3 2026: revenue 12,400,000.",
        ),
        (DocumentType.REPORT, "12 13\n14", ""),
    ],
)
def test_a_summary_says_what_was_found_and_no_more(kind: DocumentType, text: str, summary: str) -> None:
    assert apply_rules(kind, text).summary == summary
