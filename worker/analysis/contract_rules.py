"""Rules for contracts: their parties, their term, and the governing law."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from contract.analysis import Finding

from .confidence import Basis
from .contract_dates import (
    StatedDay,
    find_days,
    find_effective,
    find_made,
    find_named,
    only_day,
    takes_effect_when_made,
)
from .contract_parties import find_parties
from .contract_term import Starts, find_term, join_pages
from .lines import NAME, RuleFindings, TextLine, join_passages

_LAW_WORD: Final = re.compile(r"\b(?:govern|constru|interpret|enforced|subject)", re.IGNORECASE)
_LINES: Final = 5  # the lines of a passage
_SOURCE: Final = re.compile(r"^source:", re.IGNORECASE)  # a footer with the date on which a document was filed
_DEFINES_EFFECTIVE: Final = re.compile(r"[\"\u201c]effective\s+date[\"\u201d]", re.IGNORECASE)
_UNTIL: Final = re.compile(
    r"(?:(?<!\bmay\s)(?<!\bnot\s)(?<!\byear\s)(?<!\bquarter\s)(?<!\bmonth\s)(?<!\bmonths\s)(?<!\bperiod\s)\b(?:expires?|ends?|terminates?|expiring|ending|terminating)(?:\s+at\s+\S+\s+\S+)?(?:\s+(?:on|at|as\s+of))?|"
    r"\bexpir(?:y|ation)(?:\s+date)?\s*(?::|is|of|on|,|shall\s+be)?|\btermination\s+date\s*(?::|is|shall\s+be)|"
    r"\b(?:continues?|remains?|in\s+(?:full\s+)?(?:force|effect)|valid|effective|(?:force|effect))\s+(?:and\s+effect\s+)?(?:until|through|up\s+to|to)|"
    r"(?<!\bduring\sthe\s)\b(?:term|effect|force|effective|valid)\b[^.;]{0,80}?\b(?:from|means?|commenc\w*|begin\w*|start\w*)\b[^.;]{0,80}?\b(?:until|through|thru|to))"
    r"\s+(?:and\s+including\s+)?(?:the\s+)?(?:close\s+of\s+business\s+on\s+)?$",
    re.IGNORECASE,
)
_TERM: Final = re.compile(
    r"\b(?:term|agreement|it|contract|lease|franchise|venture|partnership)\b|(?:^|[.,]\s)\s*(?:expires|valid)\b",
    re.IGNORECASE,
)
# `the option expires on`, `a renewal term ending on`, `if it ends on`: something else ends, or perhaps.
_OTHER_END: Final = re.compile(
    r"\b(?:if|that\s+certain|options?|offers?|warrant\w*|insurance|polic(?:y|ies)|patents?|notices?|renew\w*)\b[^.;]*$",
    re.IGNORECASE,
)
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
    found = (find_parties(kept), *_find_dates(kept), _find_law(kept))
    return RuleFindings(tuple(one for one in found if one))


def _find_dates(lines: Sequence[TextLine]) -> tuple[Finding | None, Finding | None]:
    """Return the day from which the contract holds, and the one on which it ends."""
    days, first = list(find_days(lines)), lines[0].page
    effective, made = find_effective(days, first_page=first), find_made(days, first_page=first)
    if made and not effective and any(takes_effect_when_made(text) for _, text in join_pages(lines)):
        effective = made.line.finding("effective", made.day.isoformat(), basis=Basis.PLACE)
    ends = [one for one in days if _states_end(one.before)]
    if ends:
        return effective, only_day("expires", ends, Basis.LABEL)
    return effective, find_term(lines, _list_starts(lines, days, effective, made))


def _states_end(before: str) -> bool:
    """Whether the text before a day says that the contract ends on it."""
    return bool(_UNTIL.search(before) and _TERM.search(before) and not _OTHER_END.search(before))


def _list_starts(
    lines: Sequence[TextLine], days: Sequence[StatedDay], effective: Finding | None, made: StatedDay | None
) -> Starts:
    """Return the days from which a term may count. The effective date that is not defined is the day it was made."""
    day, named = date.fromisoformat(str(effective.value)) if effective else None, find_named(days)
    made_day = made.day if made else None
    is_defined = any(_DEFINES_EFFECTIVE.search(line.text) for line in lines)
    if effective_date := day or (None if is_defined else made_day):
        named = {"effective date": effective_date, **named}
    return Starts(effective=day, made=made_day, named=named)


def _find_law(lines: Sequence[TextLine]) -> Finding | None:
    for passage in join_passages(lines, length=_LINES, only=_LAW_WORD):
        if found := _LAW.search(passage.text) or _LAW_OF.search(passage.text):
            place = re.split(r"(?<!\b[A-Z])\.(?:\s|$)|\s(?:AND|and)\s(?:THE|the)\b", found["law"])[0].rstrip(".")
            if not _NO_PLACE.search(place):
                return TextLine(passage.page, found[0]).finding("governing_law", place)
    return None
