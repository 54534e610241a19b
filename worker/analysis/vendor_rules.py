"""Find an invoice's vendor: the labelled seller, the company in the letterhead, or the account holder."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from contract.analysis import Finding

from .invoice_terms import BUYER, HOLDER, SELLER, TITLE
from .lines import COMPANY, TextLine

_LABELLED_SELLER: Final = re.compile(
    rf"^{SELLER.pattern}\s*[:.]\s*(?P<name>\S.*?)(?:\s{{2,}}|\s+{TITLE.pattern}|$)", re.IGNORECASE
)
_HEADINGS: Final = re.compile(rf"^{SELLER.pattern}\s*:?\s+{BUYER.pattern}\s*:?$", re.IGNORECASE)
_ACCOUNT_HOLDER: Final = re.compile(
    rf"{HOLDER.pattern}\s*:?\s*(?P<name>\S.*?)\s*(?:$|\s{{2,}}|[,;]|\b(?:IBAN|BIC|SWIFT|Konto|Bank)\b)", re.IGNORECASE
)


def find_vendor(lines: Sequence[TextLine]) -> Finding | None:
    """Return the vendor."""
    for line in lines:
        if named := _LABELLED_SELLER.search(line.text):
            return line.finding("vendor", _trim_to_company(named["name"].strip()))
    holder = _find_holder(lines)
    return _find_under_headings(lines, holder) or _find_in_letterhead(lines, holder) or _confirm_holder(lines, holder)


def _trim_to_company(name: str) -> str:
    """Return the company at the start of a name, without the rest of the line; else the name."""
    company = COMPANY.match(name)
    return company[0] if company else name


def _find_under_headings(lines: Sequence[TextLine], holder: str | None) -> Finding | None:
    """Return the first of two names side by side below `From` and `Bill to`."""
    for headings, names in pairwise(lines):
        if not _HEADINGS.search(headings.text):
            continue
        if holder and names.text.startswith(holder):
            return names.finding("vendor", holder)
        companies = COMPANY.findall(names.text)
        return names.finding("vendor", companies[0]) if len(companies) > 1 else None
    return None


def _find_in_letterhead(lines: Sequence[TextLine], holder: str | None) -> Finding | None:
    """Return the company before the buyer on the first page, unless headings come first."""
    for line in lines:
        buyer = BUYER.search(line.text)
        if line.page != lines[0].page or _HEADINGS.search(line.text):
            return None
        before = line.text[: buyer.start()] if buyer else line.text
        if holder and before.startswith(holder):
            return line.finding("vendor", holder)
        if company := COMPANY.search(TITLE.sub("  ", before)):
            return line.finding("vendor", company[0])
        if buyer:
            return None
    return None


def _find_holder(lines: Sequence[TextLine]) -> str | None:
    held = {match["name"] for line in lines if (match := _ACCOUNT_HOLDER.search(line.text))}
    return held.pop() if len(held) == 1 else None


def _confirm_holder(lines: Sequence[TextLine], holder: str | None) -> Finding | None:
    """Return the account holder if other lines name it, too: the payee may be another company."""
    named = [line for line in lines if holder and holder in line.text]
    return named[0].finding("vendor", holder) if holder and len(named) > 1 else None
