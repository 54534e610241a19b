"""Who wrote an invoice: who is named as such, or the company of the letterhead, or whose account is to be paid."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from contract.analysis import Finding

from .invoice_terms import BUYER, HOLDER, SELLER, TITLE
from .lines import COMPANY, TextLine

_LABELLED: Final = re.compile(
    rf"^{SELLER.pattern}\s*[:.]\s*(?P<name>\S.*?)(?:\s{{2,}}|\s+{TITLE.pattern}|$)", re.IGNORECASE
)
_HEADINGS: Final = re.compile(rf"^{SELLER.pattern}\s*:?\s+{BUYER.pattern}\s*:?$", re.IGNORECASE)
_HELD: Final = re.compile(
    rf"{HOLDER.pattern}\s*:?\s*(?P<name>\S.*?)\s*(?:$|\s{{2,}}|[,;]|\b(?:IBAN|BIC|SWIFT|Konto|Bank)\b)", re.IGNORECASE
)


def find_vendor(lines: Sequence[TextLine]) -> Finding | None:
    """Return who wrote it."""
    for line in lines:
        if named := _LABELLED.search(line.text):
            return line.finding("vendor", _company_or(named["name"].strip()))
    holder = _holder(lines)
    return _under_headings(lines, holder) or _in_letterhead(lines, holder) or _held(lines, holder)


def _company_or(name: str) -> str:
    """Return the company that a name begins with, without what follows it on the line."""
    company = COMPANY.match(name)
    return company[0] if company else name


def _under_headings(lines: Sequence[TextLine], holder: str | None) -> Finding | None:
    """Return the first of two names that stand side by side under `From` and `Bill to`."""
    for headings, names in pairwise(lines):
        if not _HEADINGS.search(headings.text):
            continue
        if holder and names.text.startswith(holder):
            return names.finding("vendor", holder)
        companies = COMPANY.findall(names.text)
        return names.finding("vendor", companies[0]) if len(companies) > 1 else None
    return None


def _in_letterhead(lines: Sequence[TextLine], holder: str | None) -> Finding | None:
    """Return the company on the first page before the buyer, unless all that there is stands under headings."""
    for line in lines:
        buyer = BUYER.search(line.text)
        if line.page != lines[0].page or _HEADINGS.search(line.text):
            return None
        ahead = line.text[: buyer.start()] if buyer else line.text
        if holder and ahead.startswith(holder):
            return line.finding("vendor", holder)
        if company := COMPANY.search(TITLE.sub("  ", ahead)):
            return line.finding("vendor", company[0])
        if buyer:
            return None
    return None


def _holder(lines: Sequence[TextLine]) -> str | None:
    held = {match["name"] for line in lines if (match := _HELD.search(line.text))}
    return held.pop() if len(held) == 1 else None


def _held(lines: Sequence[TextLine], holder: str | None) -> Finding | None:
    """Return who holds the account, if the name stands elsewhere too: money may be paid to another one."""
    places = [line for line in lines if holder and holder in line.text]
    return places[0].finding("vendor", holder) if holder and len(places) > 1 else None
