"""Find the company at the top of a document: by its legal form, or by what stands below its name."""

import re
from collections.abc import Sequence
from itertools import dropwhile, pairwise, takewhile
from typing import Final

from contract.analysis import Finding

from .confidence import Basis
from .lines import FORMS, NAME, TextLine, find_company
from .phrases import Match
from .vocabulary import phrases_of

_JOINT: Final = "& "
_TOP_LINES: Final = 5  # the first page's lines that may be the letterhead
_LABELS: Final = ("titles", "facts", "parties")
_HEADER_LINES: Final = 8  # below the name of a shop: its address, telephone and registration
_NAME_ALONE: Final = re.compile(rf"{NAME}(?:\s?\(.*\)?)?")
_SENDER: Final = re.compile(r"\s[\u00b7\u2022\u25cf|\u2219*]\s")  # between name, street and town above a window
_REGISTRATION: Final = re.compile(
    r"\b(?:au capital|rcs|registered (?:office|in)|company (?:no|number|reg)|sitz der gesellschaft|"
    r"handelsregister|hrb)\b"
)
# What begins with a legal form ends the name on the line above: `SDN BHD`, `CO. (M) SDN BHD`. So does `& Sons Ltd`.
_REST_OF_NAME: Final = re.compile(
    rf"(?:(?:(?i:co)\.?\ )?(?:\([A-Z]\w?\)\ )?(?:{FORMS})\.?(?=\s*(?:$|[(\[,\d]))|&\ [^\W\d])"
)
_CODE: Final = re.compile(r"[^a-z]*[a-z]?[^a-z]*")  # a number or a stroke above a name: `A03120`
# A shop's name: letters, and no label, sum or number.
_SHOP: Final = re.compile(r"(?=(?:[^a-z]*[a-z]){6})[^:;#/@<>\d]{6,50}", re.IGNORECASE)
_BELOW_NAME: Final = re.compile(r"[(<]|[^a-z]*\d|(?:no|lot|unit|gst|co|company|reg|tel|brn?)\b.*\d|.*\d{3}")
_SHOP_PROOF: Final = re.compile(
    r"\b(?:tel|telephone|phone|fax|gst|vat|sst|abn|siret|reg[. ]*no|(?:co|company|business|br|brn)[. ]*(?:reg|no))\b|"
    r"^[(<]?[a-z]{0,2}\d{5,}\s?-\s?[a-z0-9]{1,2}[)>]?$"
)


def list_parties(line: TextLine) -> list[Match]:
    """Return the words of parties in a line, such as `seller`."""
    return phrases_of("parties").find(line.folded)


def is_side_by_side(line: TextLine) -> bool:
    """Whether a line has the headings of seller and buyer beside each other."""
    found = [match for match in list_parties(line) if match.kind in ("seller", "buyer")]
    return (
        [match.kind for match in found] == ["seller", "buyer"]
        and found[0].start == 0
        and not line.folded[found[0].end : found[1].start].strip(" :")
        and not line.folded[found[1].end :].strip(" :")
    )


def find_letterhead(lines: Sequence[TextLine], holder: str | None = None, field: str = "vendor") -> Finding | None:
    """Return the company at the top of the first page, in a sender's line, or beside its registration; else a shop.

    A company elsewhere may be the buyer. Several different ones are left for a person to decide.
    """
    found: dict[str, tuple[str, TextLine]] = {}  # a name may end with a point or not
    lines = _join_names(lines)
    for at, line in enumerate(lines):
        if line.page != lines[0].page:
            break
        parties = [match for match in list_parties(line) if match.kind == "buyer" and not match.start]
        if (parties and at < _TOP_LINES) or is_side_by_side(line):
            break
        if holder and at < _TOP_LINES and line.text.startswith(holder):
            return line.finding(field, holder, basis=Basis.PROOF)
        is_registered = _SENDER.search(line.text) or _REGISTRATION.search(line.folded)
        company = find_company(_without_titles(line)) if at < _TOP_LINES or is_registered else None
        is_whole = company and (company.start() > len(_JOINT) or not _may_begin(lines[at - 1] if at else None))
        if company and (is_registered or is_whole):
            found.setdefault(company[0].rstrip("."), (company[0], line))
    if not found:
        return _find_shop(lines, field)
    [(name, line), *others] = found.values()
    return None if others else line.finding(field, name, basis=Basis.PLACE)


def _join_names(lines: Sequence[TextLine]) -> list[TextLine]:
    """Return the lines, with names at the top that end on the next line in one."""
    for at, (line, following) in enumerate(pairwise(lines[: _TOP_LINES + 1])):
        if line.page == following.page and _REST_OF_NAME.match(following.text) and _may_begin(line):
            return [*lines[:at], TextLine(line.page, f"{line.text} {following.text}"), *lines[at + 2 :]]
    return list(lines)


def _find_shop(lines: Sequence[TextLine], field: str) -> Finding | None:
    """Return the name on the first line if an address and a registration stand below it, and no other name."""
    top = list(takewhile(lambda line: line.page == lines[0].page, lines[: _HEADER_LINES + 1]))
    header = list(dropwhile(lambda line: _CODE.fullmatch(line.folded), top))
    if not header or not _SHOP.fullmatch(header[0].folded) or _has_words(header[0], "headings", "sums", *_LABELS):
        return None
    shop, *below = header
    header = list(takewhile(lambda line: not _has_words(line, *_LABELS), below))
    if not header or any(find_company(line.text) for line in header):
        return None
    is_proved = any(_SHOP_PROOF.search(line.folded) for line in header)
    is_shop = is_proved and _BELOW_NAME.match(header[0].folded)
    return shop.finding(field, shop.text, basis=Basis.PLACE) if is_shop else None


def _has_words(line: TextLine, *sections: str) -> bool:
    found = [match for section in sections for match in phrases_of(section).find(line.folded)]
    return any(match.kind not in ("name", "holder") for match in found)


def _may_begin(line: TextLine | None) -> bool:
    """Whether a name may begin on this line and end on the next one."""
    return bool(
        line
        and _NAME_ALONE.fullmatch(line.text)
        and not _CODE.fullmatch(line.folded)
        and not find_company(line.text)
        and not phrases_of("titles").find(line.folded)
    )


def _without_titles(line: TextLine) -> str:
    text = line.text
    for title in reversed(phrases_of("titles").find(line.folded)):
        text = f"{text[: title.start]}  {text[title.end :]}"
    return text
