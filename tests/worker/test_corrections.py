"""Corrections of a reviewer fit the fields of the document's type, or their flaw is named."""

from typing import Any

import pytest

from worker.analysis.corrections import find_flaw
from worker.analysis.schema import read_schemas


@pytest.mark.parametrize(
    ("corrections", "flaw"),
    [
        ({"amount": 12}, None),
        ({"amount": "12"}, "amount must be a number"),
        ({"amount": float("inf")}, "amount must be a number"),
        ({"amount": None}, None),
        ({"vendor": "Acme"}, None),
        ({"vendor": " "}, "vendor must be a text"),
        ({"vendor": 7.0}, "vendor must be a text"),
        ({"date": "2026-11-29"}, None),
        ({"date": "29.11.2026"}, "date must be a date such as 2026-11-29"),
        ({"date": "20261129"}, "date must be a date"),
        ({"currency": "EUR"}, None),
        ({"currency": "euro"}, "currency must be the three capital letters"),
        ({"line_items.2.unit_price": 1.5}, None),
        ({"line_items.0.unit_price": 1.5}, "line_items.0.unit_price is no field"),
        ({"line_items.2": 1.5}, "line_items.2 is no field"),
        ({"line_items.2.colour": "x"}, "line_items.2.colour is no field"),
        ({"vendor.name": "x"}, "vendor.name is no field"),
    ],
)
def test_corrections_fit_the_type(corrections: dict[str, Any], flaw: str | None) -> None:
    values = {name: float(value) if isinstance(value, int) else value for name, value in corrections.items()}
    found = find_flaw(values, read_schemas()["invoice"])
    assert found is None if flaw is None else found and found.startswith(flaw)


def test_fields_are_described_by_what_decides_which_values_fit() -> None:
    schemas = read_schemas()
    fields = {one["name"]: one for one in schemas["invoice"].describe_fields()}
    assert fields["due"]["kind"] == "date"
    assert [(one["name"], one["kind"]) for one in fields["line_items"]["columns"]] == [
        ("description", "text"),
        ("quantity", "number"),
        ("unit_price", "number"),
        ("amount", "number"),
    ]
    assert schemas["contract"].describe_fields()[0]["many"] is True
    assert schemas["receipt"].describe_fields()[-1]["choices"] == ["cash", "card"]
    assert "labels" not in fields["vendor"]


def test_entries_of_lists_and_figures_are_fields() -> None:
    schemas = read_schemas()
    assert find_flaw({"parties.3": "Acme"}, schemas["contract"]) is None
    assert find_flaw({"metrics.revenue": 7.0}, schemas["report"]) is None
    assert find_flaw({"metrics.revenue": "much"}, schemas["report"])
    assert find_flaw({"parties": "Acme"}, schemas["contract"])
