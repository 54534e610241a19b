"""Rules for contracts: their parties, their term, and the governing law."""

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from contract.analysis import Finding

from .confidence import Basis
from .contract_parties import find_parties
from .dates import find_written_dates
from .lines import NAME, RuleFindings, TextLine, join_passages
from .vocabulary import month_pattern

_FIRST_PAGES: Final = 3
_CHARACTERS_BEFORE: Final = 200  # characters in which a date's meaning is looked for
_CHARACTERS_BEHIND: Final = 60
_TAIL: Final = 16  # characters at the end of a line, where a date may begin
_LAW_WORD: Final = re.compile(r"\b(?:govern|constru|interpret|enforced|subject)", re.IGNORECASE)
_MONTH_AT_END: Final = re.compile(
    rf"(?:{month_pattern()})\.?(?:\s\d{{1,2}})?,?$|\d(?:st|nd|rd|th)?(?:\sday)?(?:\sof)?$"
)
_LINES: Final = 5  # of a passage
_SOURCE: Final = re.compile(r"^source:", re.IGNORECASE)  # a footer with the date on which a document was filed
_DEFINITION: Final = re.compile(r"^[\s,]*(?:\(|\[)[^)\]]{0,60}effective\s+date", re.IGNORECASE)
_EFFECTIVE: Final = re.compile(
    r"(?:\beffective\s+date\b[\"\u201d'\u2019)]*\s*(?:of\s+this\s+agreement\s*)?(?::|is|means|shall\s+be|will\s+be|,)\s*(?:the\s+date\s+of\s+|on\s+)?|"
    r"\b(?:this|the)\s+(?:\w+\s+){0,5}(?:agreement|amendment|contract|lease|it)\b[^.;]{0,80}?\b(?:effective|takes\s+effect|in\s+force|into\s+force)\s+"
    r"(?:as\s+of|on|from|at)\s+(?:this\s+|the\s+)?|"
    r"\b(?:it|agreement)\s+(?:takes\s+effect|enters\s+into\s+force|comes\s+into\s+force|becomes\s+effective)\s+(?:on|as\s+of)\s+|"
    r"\bcommenc(?:es|ing|e)\s+on\s+(?:and\s+as\s+of\s+)?|\b(?:starts|begins)\s+on\s+|\beffective\s+as\s+of\s+(?:the\s+)?|\bcommencement\s+date:?\s*|\beffective:\s+)$",
    re.IGNORECASE,
)
# `that certain lease effective as of 1 June 2030`: another contract.
_OTHER_CONTRACT: Final = re.compile(r"\bthat\s+certain\b(?![^.;]*\bthis\b)[^.;]*$", re.IGNORECASE)
_UNTIL: Final = re.compile(
    r"\b(?:(?:expires?|ends?|terminates?|expire|end|terminate|expiring|ending|terminating)\s+(?:at\s+\S+\s+\S+\s+)?(?:on|at|as\s+of)?|"
    r"expir(?:y|ation)(?:\s+date)?\s*(?::|is|of|on|,|shall\s+be)?|termination\s+date\s*(?::|is|shall\s+be)|"
    r"(?:continues?|remains?|in\s+(?:full\s+)?(?:force|effect)|valid|(?:force|effect))\s+(?:and\s+effect\s+)?(?:until|through|up\s+to|to))"
    r"\s+(?:and\s+including\s+)?(?:the\s+)?(?:close\s+of\s+business\s+on\s+)?$",
    re.IGNORECASE,
)
_NUMBERS: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_TERM_WORD: Final = re.compile(r"\bterm\b", re.IGNORECASE)
# `The initial term of this Agreement shall be three (3) years from the Effective Date`
_DURATION: Final = re.compile(
    rf"\b(?:term\s+of\s+(?:this|the)\s+(?:\w+\s+){{0,3}}?(?:agreement|contract|franchise|license|licence|lease)|"
    rf"(?:agreement|contract|lease)\b[^.;]{{0,100}}?\bterm)\b[^.;]{{0,80}}?\b(?:shall|will|is)\b[^.;]{{0,100}}?\b(?:for|of|until|be|in)\s+"
    rf"(?:an?\s+(?:initial\s+)?(?:period|term)\s+of\s+)?(?:(?:[a-z-]+\s*)?\(\s*(?P<digits>\d{{1,2}})\s*\)|(?P<word>{'|'.join(_NUMBERS)})|(?P<bare>\d{{1,2}}))"
    r"[\s-]+(?P<unit>year|month)s?\b(?P<behind>[^.;]{0,60})",
    re.IGNORECASE,
)
_OTHER_TERM: Final = re.compile(
    r"\b(?:thereafter|additional|renew\w*|extend\w*|extension|notice|further|minimum)\b", re.IGNORECASE
)
_OTHER_START: Final = re.compile(
    r"^\W*(?:from|after|following|commencing|beginning|starting)\b(?!.{0,40}\b(?:effective|date\s+(?:hereof|first|of\s+this|set)))",
    re.IGNORECASE,
)
_TERM: Final = re.compile(r"\b(?:term|agreement|it|contract|lease)\b|(?:^|[.,]\s)\s*(?:expires|valid)\b", re.IGNORECASE)
_PLACE: Final = rf"{NAME}(?:\s+and\s+{NAME})?"
_LAW: Final = re.compile(
    r"\b(?:governed|construed|interpreted|enforced)\b[^.;]{0,140}?\blaws?\s+(?:and\s+\w+\s+)?of\s+(?:the\s+)?"
    rf"(?:(?:[Ss]tate|STATE|[Cc]ommonwealth|COMMONWEALTH|[Pp]rovince|PROVINCE)\s+(?:of|OF)\s+)?(?P<law>{_PLACE})"
)
_LAW_OF: Final = re.compile(
    r"\b(?:governed\s+by|subject\s+to)\s+(?:the\s+)?(?P<law>[A-Z][a-z]+(?:\s[A-Z][a-z]+)?)\s+law\b"
)
_NO_PLACE: Final = re.compile(
    r"^(?:the\s+)?(?:state|commonwealth|province|country|jurisdiction|article|section|federal)\b", re.IGNORECASE
)


def find_contract(lines: list[TextLine]) -> RuleFindings:
    """Return the fields found."""
    kept = [line for line in lines if not _SOURCE.search(line.text)]
    if not kept:
        return RuleFindings()
    begin = _find_effective(kept)
    found = (find_parties(kept), begin, _find_end(kept) or _find_term(kept, begin), _find_law(kept))
    return RuleFindings(tuple(one for one in found if one))


def _find_effective(lines: Sequence[TextLine]) -> Finding | None:
    """Return the day that the contract calls its effective date, or else the day on which it says that it begins."""
    defined, stated = [], []
    for day, line, before, behind in _days(lines):
        if _DEFINITION.search(behind) and line.page < lines[0].page + _FIRST_PAGES:
            defined.append((day, line))
        elif _EFFECTIVE.search(before) and not _OTHER_CONTRACT.search(before):
            stated.append((day, line))
    return _only("effective", defined, Basis.PROOF) or _only("effective", stated, Basis.LABEL)


def _find_end(lines: Sequence[TextLine]) -> Finding | None:
    found = [(day, line) for day, line, before, _ in _days(lines) if _UNTIL.search(before) and _TERM.search(before)]
    return _only("expires", found, Basis.LABEL)


def _find_term(lines: Sequence[TextLine], begin: Finding | None) -> Finding | None:
    """Return the end of a term of whole years or months from the effective date."""
    if not begin:
        return None
    start = date.fromisoformat(str(begin.value))
    found: dict[date, TextLine] = {}
    for passage in join_passages(lines, length=_LINES, only=_TERM_WORD):
        for match in _DURATION.finditer(passage.text):
            is_other = _OTHER_TERM.search(match[0]) or _OTHER_START.search(match["behind"])
            if is_other:
                continue
            digits = match["digits"] or match["bare"]
            number = int(digits) if digits else _NUMBERS.index(match["word"].lower()) + 1
            months = number * (12 if match["unit"].lower() == "year" else 1)
            found.setdefault(_add_months(start, months), TextLine(passage.page, match[0]))
    return _only("expires", list(found.items()), Basis.PLACE)


def _add_months(start: date, months: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def _only(field: str, found: Sequence[tuple[date, TextLine]], basis: Basis) -> Finding | None:
    """Return the only day; of several a person must choose."""
    return (
        found[0][1].finding(field, found[0][0].isoformat(), basis=basis)
        if len({day for day, _ in found}) == 1
        else None
    )


def _days(lines: Sequence[TextLine]) -> Iterator[tuple[date, TextLine, str, str]]:
    """Yield each day with its line, and the text before and behind it; a date may span two lines."""
    for at, line in enumerate(lines):
        if not line.has_digit:
            continue
        before = " ".join(other.text for other in lines[max(0, at - 2) : at] if other.page == line.page)
        behind = " ".join(other.text for other in lines[at + 1 : at + 3] if other.page == line.page)
        text = f"{before} {line.text} {behind}"
        start, end = len(before) + 1, len(before) + 1 + len(line.text)
        for one in line.dates or (find_written_dates(text) if _MONTH_AT_END.search(line.folded[-_TAIL:]) else []):
            place = one.start + start if line.dates else one.start
            if len(one.readings) == 1 and start <= place < end:
                stop = place + one.end - one.start
                quote = TextLine(
                    line.page, text[max(start, place - _CHARACTERS_BEFORE) : stop + _CHARACTERS_BEHIND].strip()
                )
                yield (
                    one.readings[0],
                    quote,
                    text[max(0, place - _CHARACTERS_BEFORE) : place],
                    text[stop : stop + _CHARACTERS_BEHIND],
                )


def _find_law(lines: Sequence[TextLine]) -> Finding | None:
    for passage in join_passages(lines, length=_LINES, only=_LAW_WORD):
        if found := _LAW.search(passage.text) or _LAW_OF.search(passage.text):
            place = re.split(r"(?<!\b[A-Z])\.(?:\s|$)|\s(?:AND|and)\s(?:THE|the)\b", found["law"])[0].rstrip(".")
            if not _NO_PLACE.search(place):
                return TextLine(passage.page, found[0]).finding("governing_law", place)
    return None
