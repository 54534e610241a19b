"""A quote must be on a page and support its value, whatever its spacing, case and notation."""

from datetime import date

import pytest

from worker.analysis.quotes import find_page, fold, supports
from worker.analysis.schema import Kind

PAGES = {
    1: fold("Total due:\n  EUR 1.234,50"),
    2: fold("Quillon & Sons \u2013 \u201cthe Customer\u201d"),
    3: fold("total"),
}


@pytest.mark.parametrize(
    ("quote", "claimed", "page"),
    [
        ("Total due: EUR 1.234,50", 1, 1),
        ("TOTAL  DUE:EUR 1.234,50", 2, 1),
        ('Quillon & Sons - "the Customer"', 2, 2),
        ("total", 3, 3),
        ("total", 7, 1),
        ("Total due: EUR 1.234,51", 1, None),
        ("", 1, None),
        (" t ", 1, None),
    ],
)
def test_a_quote_is_found_on_its_page(quote: str, claimed: int, page: int | None) -> None:
    assert find_page(quote, claimed, PAGES) == page


@pytest.mark.parametrize(
    ("value", "kind", "quote"),
    [
        (1234.5, Kind.NUMBER, "Total EUR 1.234,50"),
        (1234.5, Kind.NUMBER, "Total 1,234.50 EUR"),
        (1234.5, Kind.NUMBER, "1 234,50"),
        (124.5, Kind.NUMBER, "Freight, 1 x 124.50 124.50"),
        (12.0, Kind.NUMBER, "12 345.00"),
        (-12.0, Kind.NUMBER, "(12.00)"),
        (12_400_000.0, Kind.FIGURES, "revenue rose to EUR 12.4 million"),
        (8.1, Kind.FIGURES, "a margin of 8.1%"),
        (3.0, Kind.NUMBER, "3 pieces"),
        (date(2026, 3, 14), Kind.DATE, "14 March 2026"),
        (date(2026, 3, 14), Kind.DATE, "14.03.26"),
        (date(2026, 3, 14), Kind.DATE, "20260314"),
        ("EUR", Kind.CURRENCY, "1.234,50 \u20ac"),
        ("CAD", Kind.CURRENCY, "$ 12.00"),
        ("Acme  GmbH", Kind.LITERAL, "the company ACME GmbH, Berlin"),
        ("They must pay", Kind.TEXT, "the customer pays within thirty days"),
    ],
)
def test_a_quote_supports_its_value(value: str | float | date, kind: Kind, quote: str) -> None:
    assert supports(value, kind, quote)


@pytest.mark.parametrize(
    ("value", "kind", "quote"),
    [
        (1234.5, Kind.NUMBER, "Total EUR 1.234,51"),
        (1.0, Kind.NUMBER, "Total EUR 1.234,50"),
        (1234.5, Kind.NUMBER, "Total"),
        (112.0, Kind.NUMBER, "1 12.00"),
        (date(2026, 3, 14), Kind.DATE, "15 March 2026"),
        (date(2026, 3, 14), Kind.DATE, "14 March 2025"),
        ("USD", Kind.CURRENCY, "1.234,50 \u20ac"),
        ("USD", Kind.CURRENCY, "Total 12"),
        ("Evil Corp", Kind.LITERAL, "Acme GmbH"),
    ],
)
def test_a_quote_does_not_support_another_value(value: str | float | date, kind: Kind, quote: str) -> None:
    assert not supports(value, kind, quote)
