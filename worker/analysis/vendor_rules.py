"""Find the vendor of an invoice: the labelled seller, the company in the letterhead, or the account holder."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from contract.analysis import Finding

from .confidence import Basis
from .letterhead import find_letterhead, is_side_by_side, list_parties
from .lines import TextLine, find_companies, find_company
from .vocabulary import phrases_of

_PARTY_LINES: Final = 8  # below a heading
_LABEL: Final = re.compile(r"^[\w .&/-]{2,30}:(?!//)")
_IDENTIFIERS: Final = re.compile(r"^(?:gln|vat|tax|ust|siren|siret|id|nr|no|lief)\b|\d{5}", re.IGNORECASE)
_BEHIND_HOLDER: Final = re.compile(r"\s{2,}|[,;]|\b(?:IBAN|BIC|SWIFT|Konto|Bank)\b")


def find_vendor(lines: Sequence[TextLine]) -> Finding | None:
    """Return the vendor."""
    holder = _find_holder(lines)
    return (
        _find_labelled(lines)
        or _find_under_headings(lines, holder)
        or find_letterhead(lines, holder)
        or _confirm_holder(lines, holder)
    )


def _heading_of(line: TextLine) -> str | None:
    """Return the kind of a line that consists of a heading alone."""
    found = [match for match in list_parties(line) if match.kind in ("seller", "buyer")]
    is_whole = found and found[0].start == 0 and not line.folded[found[-1].end :].strip(" :./")
    kinds = {match.kind for match in found}
    return kinds.pop() if is_whole and len(kinds) == 1 else None


def _find_labelled(lines: Sequence[TextLine]) -> Finding | None:
    """Return the name behind `From:`, or below a heading such as `Seller`, if all such names agree."""
    found = [*_names_behind(lines), *_names_below(lines)]
    return found[0][0].finding("vendor", found[0][1]) if len({name for _, name in found}) == 1 else None


def _names_behind(lines: Sequence[TextLine]) -> Iterator[tuple[TextLine, str]]:
    for line in lines:
        found = list_parties(line)
        if not found or found[0].kind != "seller" or found[0].start:
            continue
        behind = re.match(r"\s*[:.]\s*(?=\S)", line.text[found[0].end :])
        if behind and not (len(found) > 1 and found[1].start <= found[0].end + behind.end()):
            name = re.split(r"\s{2,}", line.text[found[0].end + behind.end() :])[0]
            titles = phrases_of("titles").find(line.folded)
            name = (
                line.text[line.text.find(name) : titles[0].start] if titles and titles[0].start > found[0].end else name
            )
            if _is_name(name):
                yield line, trim_to_company(name.strip())


def _names_below(lines: Sequence[TextLine]) -> Iterator[tuple[TextLine, str]]:
    for at, line in enumerate(lines):
        if _heading_of(line) == "seller":
            block = [other for other in lines[at + 1 : at + 1 + _PARTY_LINES] if other.page == line.page]
            if found := _name_in(block):
                yield found


def _name_in(block: Sequence[TextLine]) -> tuple[TextLine, str] | None:
    """Return the name of a party: behind `Name:`, on the lines up to the next label, or the first line."""
    for at, line in enumerate(block):
        if _heading_of(line) == "buyer":
            break
        match = next(iter(list_parties(line)), None)
        if match and match.kind == "name" and not match.start:
            name = line.text[match.end :].strip(" :")
            return (line, name) if name else _join_name(block[at + 1 :])
    first = next(iter(block), None)
    if (
        first
        and not first.money
        and not _LABEL.match(first.text)
        and not _IDENTIFIERS.search(first.text)
        and _is_name(first.text)
    ):
        return first, trim_to_company(first.text)
    return None


def _join_name(block: Sequence[TextLine]) -> tuple[TextLine, str] | None:
    end = next((at for at, line in enumerate(block) if _LABEL.match(line.text)), 0)
    names = block[:end]
    if not names or len(names) > 3 or _IDENTIFIERS.search(names[0].text):  # noqa: PLR2004 lines of a name
        return None
    return names[0], " ".join(line.text for line in names)


def _is_name(text: str) -> bool:
    return sum(letter.isalpha() for letter in text) > 2  # noqa: PLR2004 letters at least


def trim_to_company(name: str) -> str:
    """Return the company at the start of a name, without the rest of the line; else the name."""
    company = find_company(name)
    return company[0] if company and not company.start() else name


def _find_under_headings(lines: Sequence[TextLine], holder: str | None) -> Finding | None:
    """Return the first of two names side by side below `From` and `Bill to`."""
    for headings, names in pairwise(lines):
        if not is_side_by_side(headings):
            continue
        if holder and names.text.startswith(holder):
            return names.finding("vendor", holder)
        companies = [company[0] for company in find_companies(names.text)]
        return names.finding("vendor", companies[0]) if len(companies) > 1 else None
    return None


def _find_holder(lines: Sequence[TextLine]) -> str | None:
    held = set()
    for line in lines:
        for match in list_parties(line):
            if match.kind == "holder":
                name = _BEHIND_HOLDER.split(line.text[match.end :].strip(" :."))[0].strip()
                held |= {name} if _is_name(name) else set()
    return held.pop() if len(held) == 1 else None


def _confirm_holder(lines: Sequence[TextLine], holder: str | None) -> Finding | None:
    """Return the account holder if other lines name it, too: the payee may be another company."""
    named = [line for line in lines if holder and holder in line.text]
    return named[0].finding("vendor", holder, basis=Basis.PROOF) if holder and len(named) > 1 else None
