"""The rules abstain where only a person can decide, in texts of shapes that other people's documents have."""

import pytest

from contract.job import DocumentType
from tests.analysis.analyzer_lab import apply_rules


def find(kind: DocumentType, text: str, *fields: str) -> tuple[object, ...]:
    found = apply_rules(kind, text).plain()
    return tuple(found.get(field) for field in fields)


@pytest.mark.parametrize(
    ("text", "net", "tax", "amount"),
    [
        ("Total : 53.10 3.19", None, None, None),
        ("Total sales 40.00 2.40 42.40", 40.0, 2.4, 42.4),
        ("Excl. VAT 50.00 Subtotal 60.00\nVAT 20% 10.00\nTotal 60.00", 50.0, 10.0, 60.0),
        ("TOTAL INCLUDES 6% GST 1.51", None, None, None),
        ("TOTAL SALES INCLUSIVE GST @6% 35.00", None, None, 35.0),
        ("Rechnungssumme ohne USt. 473,00", 473.0, None, None),
        ("TVA : FR40 123 456 824 SARL au capital de 8 000,00 €", None, None, None),
        ("MwSt.-% 19,0, Frachtbetrag: 3,00", None, None, None),
        ("Gesamtbetrag der Zuschläge 0,00", None, None, None),
        ("Net total: 496.00\nVAT 75.04\nTo pay: 571.04", 496.0, 75.04, 571.04),
        ("IBAN FR76 3000 4000 0312 3456 7890 143 TVA 368", None, None, None),
        ("Accepted total 10.00", None, None, None),
        ("Total savings 4.00\nTotal qty 3.00\nTotal discount 1.00", None, None, None),
        ("Total 10.00\nBalance due 4.00", None, None, 10.0),
        ("Total 10.00\nBalance due 14.00", None, None, None),
        ("Subtotal 9.00", None, None, None),
        ("Total 21.43\nRounding adj 0.02\nTotal rounded 21.45", None, None, 21.45),
        ("Total 21.43\nRounding adj 0.02\nCash 30.45\nChange 9.00", None, None, None),
        ("Total 8.00\nTotal 9.00\nCash 10.00\nChange 1.00", None, None, 9.0),
        ("19 % 100,00 19,00\n7 % 10,00 0,70\nBruttosumme 129,70", 110.0, 19.7, 129.7),
        ("Nettobetrag: -10,00\nUSt. 19% -1,90\nGesamtbetrag -11,90", -10.0, -1.9, -11.9),
        ("TOTALE\n12,00", None, None, 12.0),
    ],
)  # fmt: skip
def test_a_sum_counts_only_if_nothing_else_can_be_meant(
    text: str, net: float | None, tax: float | None, amount: float | None
) -> None:
    assert find(DocumentType.INVOICE, text, "net", "tax", "amount") == (net, tax, amount)


def test_sums_that_do_not_add_up_are_a_warning() -> None:
    analysis = apply_rules(DocumentType.INVOICE, "Net amount 10.00\nVAT 2.00\nGrand total 13.00")
    assert analysis.warnings == ("net 10 and tax 2 do not add up to the total of 13: check all three",)
    assert analysis.plain() == {"net": 10.0, "tax": 2.0, "amount": 13.0}


def test_a_sum_that_adds_up_has_more_confidence_than_one_that_contradicts() -> None:
    fitting = apply_rules(DocumentType.INVOICE, "Net amount 10.00\nVAT 2.00\nGrand total 12.00")
    torn = apply_rules(DocumentType.INVOICE, "Net amount 10.00\nVAT 2.00\nGrand total 13.00")
    one, other = (next(f.evidence.confidence or 0 for f in a.findings if f.field == "amount") for a in (fitting, torn))
    assert one > 0.9 > other


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("SEK U9, SHAH ALAM\nTotal 12.00", None),
        ("CNY DECO SHOP\nTotal 12.00", None),
        ("Total $12.00", None),
        ("Total $12.00\nAll amounts in AUD", "AUD"),
        ("12 High Street, Toronto\nTotal $12.00", "CAD"),
        ("Total RM 12.00", "MYR"),
        ("Total Rs. 1,200.00\nGSTIN 22AAAAA0000A1Z5", "INR"),
        ("Total Rs. 1,200.00", None),
        ("Totalt 120,00 kr", None),
        ("Total 120,00 kr\nStockholm", "SEK"),
        ("Total 55,00 zł", "PLN"),
        ("Total  RM  12.00", "MYR"),
        ("Item  Amount (RM)\nTotal  12.00", "MYR"),
        ("Item  Amount (kr)\nTotal  12.00", None),
    ],
)
def test_a_currency_is_a_code_or_absent(text: str, currency: str | None) -> None:
    assert find(DocumentType.INVOICE, text, "currency") == (currency,)


@pytest.mark.parametrize(
    ("text", "date", "due"),
    [
        ("Date limite de paiement le 5 juillet 2015", None, "2015-07-05"),
        ("DATE DE FACTURE ASSOCIÉE : 30/11/2018", None, None),
        ("Lieferscheinnr./-datum 80003371 03.01.1997", None, None),
        ("Kuala Lumpur\n03-04-18 21:28", "2018-04-03", None),
        ("03-04-18 21:28", None, None),
        ("Item  Amount (RM)\n03-04-18 21:28", "2018-04-03", None),
        ("No 43-45-47G, High Street\n25/01/2018 1:22 PM", "2018-01-25", None),  # a house is no second date
        ("Date: 05/06/2018\nPrinted 5 June 2018 9:00", "2018-06-05", None),
        ("Rechnung Nr. 4711 vom 05.06.2018\nBestellung vom 01.06.2018", "2018-06-05", None),
        ("Vervaldatum\n22-9-2022\nFactuur", None, "2022-09-22"),
        ("Kopie factuur\n8-9-2022", "2022-09-08", None),
        ("Order date 1 May 2026", None, None),
        ("Beschreibung Fälligkeit Teilzahlung\n04.04.2028", None, "2028-04-04"),
        ("Fälligkeit und Lieferdatum\n04.04.2028", None, None),
        ("Fälligkeit Teilzahlung\nRate 1 am 04.04.2028", None, None),
        ("Zahlbar in 30 Tagen netto bis 04.04.2028, 3% Skonto in 10 Tagen bis 15.03.2028", None, "2028-04-04"),
        ("Rechnungskorrektur\nzu Rechnung Nr. 4711 vom 05.06.2018", None, None),
        ("Original invoice\n5 June 2018\nCredit note of 7 June 2018", "2018-06-07", None),
        ("Emitida en Lisboa\nData de vencimento: 3 de março de 2026", None, "2026-03-03"),
    ],
)
def test_a_date_is_that_of_the_invoice_or_absent(text: str, date: str | None, due: str | None) -> None:
    assert find(DocumentType.INVOICE, text, "date", "due") == (date, due)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Handelsrechnung (380) Nr. 471102 vom 05.06.2018", "471102"),
        ("Facture FA-2017-0010", "FA-2017-0010"),
        ("Invoice # RE-7/501 issued at 2019-06-10", "RE-7/501"),
        ("RECHNUNGS-KORREKTUR Seite 1", None),
        ("INVOICE 12.00", None),
        ("Invoice number 7\nInvoice number 8", None),
        ("FACTURE N° :\nFR 12 345", None),
        ("Invoice number on 5 pages", None),
        ("Credit note\nOriginal invoice number: 4711", None),
        ("Credit note number 12\nfor invoice no. 4711", "12"),
        ("Zahlungsreferenz: Kundennummer 88 Rechnungsnummer 606", None),
        ("Rechnungskorrektur\nzu Rechnung Nr. 4711 vom 05.06.2018", None),
        ("Avoir\nNuméro de facture d'origine : FA-11", None),
        ("Rechnung 2030", None),
        ("Rechnung 05/2030", None),
        ("Rechnung Nr. 05/2030", "05/2030"),
        ("Invoice 1/2", None),
    ],
)
def test_a_number_is_that_of_the_invoice_or_absent(text: str, number: str | None) -> None:
    assert find(DocumentType.INVOICE, text, "number") == (number,)


@pytest.mark.parametrize(
    "text",
    [
        "Because of COVID-19 sales were COVID-19",
        "under ASC 606 customers 606 are",
        "Sales and Marketing 2",
        "costs 6950 cycles",
        "Revenue (1) grew",
        "(in millions)\nNet sales: 32,765",
        "Deferred revenue was $3 million.",
        "Cloud revenue was $3 million.",
        "We expect revenue of $3 million.",
        "Revenue increased $3 million.",
        "Revenue was $3 million.\nRevenue was $5 million.",
        "Free\ncash flow was $4 million.",
        "The adjusted operating\nmargin was 31.6%.",
        "\u2022 First-quarter revenue of $3 million\n\u2022 Second-quarter revenue of $9 million",
    ],
)
def test_a_number_behind_a_word_is_no_figure(text: str) -> None:
    assert apply_rules(DocumentType.REPORT, text).findings == ()


@pytest.mark.parametrize(
    ("text", "revenue"),
    [
        ("\u2022 Revenue of $3 million, up 11%", 3e6),
        ("News\n\u25aa First-quarter revenue was $3.0 million, down 32 percent", 3e6),
        ("Second Quarter Revenue of EUR 1.2 billion", 1.2e9),
    ],
)
def test_a_figure_in_a_list_of_highlights_is_read(text: str, revenue: float) -> None:
    assert apply_rules(DocumentType.REPORT, text).plain() == {"metrics": {"revenue": revenue}}


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("Alder Foods Reports Third Quarter\nFiscal Year 2031 Operating Results", "Q3 FY 2031"),
        ("results of the quarter ended July 29, 2030 (Q2 FY31), as against Q2 FY30", "Q2 FY 2031"),
        ("Alder Foods Inc. Reports First-Quarter 2031 Results", "Q1 2031"),
        ("Alder Foods reports fiscal 2031 results", "FY 2031"),
        ("Second Quarter Results\nYear-to-date results of fiscal 2031", None),  # neither is the whole year
        ("Alder Foods raises its outlook for fiscal year 2031", None),
    ],
)
def test_a_period_is_that_of_the_report_or_absent(text: str, period: str | None) -> None:
    assert apply_rules(DocumentType.REPORT, text).plain().get("period") == period


def test_figures_of_later_pages_are_not_read() -> None:
    assert apply_rules(DocumentType.REPORT, "One", "Two", "Revenue was $3 million.").findings == ()
