"""Read the fields of an electronic invoice: Factur-X, ZUGFeRD and XRechnung, in UN/CEFACT's syntax or in UBL.

It runs in child processes only. Elements are found by their names without namespaces, which differ between versions.
Entities, DTDs and the network are off, and a document with a DOCTYPE is refused: no standard of invoices has one.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any, Final

_MAX_BYTES: Final = 2**20  # invoices have some kilobytes
_MAX_ELEMENTS: Final = 50_000  # a line of an invoice has thirty; each field is looked for in all of them
_MAX_CHARACTERS: Final = 300  # the longest name or number
_DAY: Final = slice(0, 8)  # the day in a date of the format 102, YYYYMMDD
# The paths of each field, of both versions of UN/CEFACT's syntax and of UBL; the first one that exists counts.
_PATHS: Final[Mapping[str, tuple[str, ...]]] = {
    "vendor": (
        "SellerTradeParty/Name",
        "AccountingSupplierParty/Party/PartyLegalEntity/RegistrationName",
        "AccountingSupplierParty/Party/PartyName/Name",
    ),
    "number": ("/ExchangedDocument/ID", "/HeaderExchangedDocument/ID", "/ID"),
    "date": (
        "/ExchangedDocument/IssueDateTime/DateTimeString",
        "/HeaderExchangedDocument/IssueDateTime/DateTimeString",
        "/IssueDate",
    ),
    "due": ("SpecifiedTradePaymentTerms/DueDateDateTime/DateTimeString", "/DueDate"),
    "currency": ("InvoiceCurrencyCode", "/DocumentCurrencyCode"),
    "net": ("TaxBasisTotalAmount", "LegalMonetaryTotal/TaxExclusiveAmount"),
    "tax": ("TaxTotalAmount", "/TaxTotal/TaxAmount"),
    "amount": ("GrandTotalAmount", "LegalMonetaryTotal/TaxInclusiveAmount"),
}
_ROOTS: Final = ("CrossIndustryInvoice", "CrossIndustryDocument", "Invoice", "CreditNote")
_SUM: Final = re.compile(r"[-+]?\d{1,15}(?:\.\d{1,6})?")  # no exponents, and no impossibly large sums


def read_invoice(content: bytes) -> dict[str, str] | None:
    """Return an invoice's fields as text, or None if the content is not one: dates as ISO 8601, sums with a point."""
    from lxml import etree  # type: ignore[import-untyped] # noqa: PLC0415 only children load it, and it has no types

    if len(content) > _MAX_BYTES:
        return None
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, recover=False
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    if root.getroottree().docinfo.doctype or etree.QName(root).localname not in _ROOTS:
        return None
    if root.xpath("count(descendant::*)") > _MAX_ELEMENTS:
        return None
    found = dict(_read_fields(root))
    return found if "number" in found and found.keys() & {"net", "amount"} else None


def _read_fields(root: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 the library has no types
    currency = _first(root, "currency")
    for field in _PATHS:
        text = _first(root, field, currency)
        if text and (value := _convert(field, text)):
            yield field, value


def _first(root: Any, field: str, currency: str | None = None) -> str | None:  # noqa: ANN401 as above
    """Return the text of the first element; a tax may also be there in another currency."""
    for path in _PATHS[field]:
        names = path.split("/")
        steps = "/".join(f"*[local-name()='{name}']" for name in names if name)
        elements = root.xpath(f"./{steps}" if path.startswith("/") else f".//{steps}")
        fitting = [one for one in elements if one.get("currencyID") in (None, "", currency)] or elements
        if fitting and (text := (fitting[0].text or "").strip()):
            return str(text)
    return None


def _convert(field: str, text: str) -> str | None:
    """Return the value in its usual form, or None if it has none."""
    if field in ("net", "tax", "amount"):
        return str(Decimal(text)) if _SUM.fullmatch(text) else None
    if field in ("date", "due"):
        with suppress(ValueError):
            return date.fromisoformat(text if "-" in text else text[_DAY]).isoformat()
        return None
    return " ".join(text.split()) if len(text) <= _MAX_CHARACTERS else None
