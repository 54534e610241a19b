"""Compute the day on which a contract ends: its first term, and the day from which that term counts.

Both must be stated, and the day that is computed is the one of the same number: two years from 1 March 2030 end on
1 March 2032. A term that counts from anything else, such as a delivery, has no day that a contract could tell.
"""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final

from contract.analysis import Finding

from .confidence import Basis
from .contract_dates import MADE_DATE, STEP
from .dates import find_written_dates
from .lines import TextLine
from .term_lengths import TermLength, find_lengths

_CHARACTERS_BEFORE: Final = 400  # characters of a sentence before the length of its term
_CHARACTERS_BEHIND: Final = 100
_RULE: Final = re.compile(r"[-_]{3,}")  # underlines a heading in typewritten contracts
# `This Agreement shall, unless terminated as provided in Section 9, continue`
_INSERTION: Final = re.compile(r",?\s(?:unless|except|subject\s+to)\b(?:[^,.;]|\.(?=\d)){0,160},", re.IGNORECASE)
_CONTRACT: Final = r"(?:agreement|contract|lease|franchise|venture|partnership)"
# Behind these words the term is not what lasts: `during the term of this Agreement`.
_NOT_BEHIND: Final = "".join(
    rf"(?<!\b{word}\s)"
    for word in (
        "during",
        "throughout",
        "under",
        "of",
        "in",
        "to",
        "by",
        "for",
        "with",
        "if",
        "terminate",
        "renew",
        "extend",
    )
)
_SUBJECT: Final = (
    rf"{_NOT_BEHIND}(?<![a-z])(?:(?:the|its|initial|original|primary)\s+(?:(?:initial|original|primary|base|basic|first)\s+)?"
    rf"(?:term|duration)\b(?:\s+of\s+(?:this|the)\s+(?:[\w-]+\s+){{0,4}}?{_CONTRACT})?(?!\s+of\b)|"
    rf"this\s+(?:[\w-]+\s+){{0,5}}?(?:{_CONTRACT}|licen[sc]e)|the\s+(?:joint\s+)?{_CONTRACT})|[\"\u201c](?:initial\s+)?term[\"\u201d]"
)
_MEASURE: Final = (
    r"(?:(?:an?|the)\s+)?(?:(?:initial|original|primary|base|basic|fixed|first|full|total|definite|renewable)\s+){0,2}"
    r"(?:(?:period|term|duration)\s+(?:of|equal\s+to)\s+)?(?:the\s+)?"
)
_LASTS: Final = (
    r"\b(?:(?:be|is|remain(?:s|ing)?|continu(?:es?|ing)|run(?:s|ning)?|last(?:s|ing)?|subsists?)"
    r"(?:\s+(?:in\s+(?:full\s+)?(?:force|effect)(?:\s+and\s+effect)?|effective|valid|binding|made|entered\s+into))?"
    rf"\s*,?\s+(?:(?:for|of|in|until|through)\s+)?(?:{_MEASURE}|the\s+date\s+(?:that|which)\s+is\s+)|"
    r"(?:extend|run|be|i)s?\s+from\b[^.;]{0,60}?\b(?:to|through|until)\s+(?:the\s+)?(?:date\s+(?:that|which)\s+is\s+)?|"
    rf"extend(?:s|ing)?\s+(?:for|until|through)\s+{_MEASURE}|"
    rf"(?:(?:commence|begin|start|run)s?|effective)\b[^.;]{{0,80}}?\bfor\s+{_MEASURE}|"
    rf"ha(?:ve|s|ving)\s+{_MEASURE}|means?\s+{_MEASURE}|"
    r"(?:expir(?:es?|ing)|end(?:s|ing)?|terminat(?:es?|ing))\s+(?:(?:on|at|after|in|upon)\s+)?(?:the\s+)?"
    r"(?:(?:date|day)\s+(?:that|which)\s+is\s+)?)"
)
_STATES_TERM: Final = re.compile(rf"(?:{_SUBJECT})(?P<gap>[^.;]{{0,220}}?){_LASTS}$", re.IGNORECASE)
_HEADED_TERM: Final = re.compile(
    rf"(?-i:\b(?:TERM|Term))(?:\s+of\s+(?:the\s+|this\s+)?{_CONTRACT})?[\"\u201d]?\s*[:.]\s+{_MEASURE}$", re.IGNORECASE
)
# What lasts is something else, or longer than the first term, or only a bound.
_OTHER: Final = re.compile(
    r"\b(?:confidential\w*|obligations?|warrant\w*|surviv\w*|notice|renew\w*|extended|extension|automatically|additional|further|"
    r"successive|thereafter|minimum|maximum|least|exceed|options?|audit|records|exclusiv\w*|purchas\w*|pay\w*|fees?|royalt\w*)\b",
    re.IGNORECASE,
)
_COUNTS: Final = re.compile(
    r"^\W*(?:(?:initial\s+)?(?:term|period)\b)?(?:\s*\([^)]{0,60}\))?[\s,]*"
    r"(?:which\s+(?:shall\s+)?(?:commences?|begins?|starts?)|(?:to\s+)?(?:commenc(?:e|ing)|begin(?:ning)?|start(?:ing)?)|"
    r"(?:from|after(?!\s+which)|following|effective|running|as\s+of|of|counted|measured|since)\b)",
    re.IGNORECASE,
)
_BEGINS: Final = re.compile(
    r"\b(?:commenc\w*|begin\w*|start\w*|effective|effect|force|period)\s+(?=(?:as\s+of|on|upon|from|at|with)\b)",
    re.IGNORECASE,
)
_THEREAFTER: Final = re.compile(r"^[\s,]*(?:\([^)]*\)\s*)?thereafter\b", re.IGNORECASE)
_STEP: Final = re.compile(STEP, re.IGNORECASE)
_SAME_DAY: Final = re.compile(r"\s*(?:such|that|the\s+same)\s+(?:date|day)\b", re.IGNORECASE)
_NAMED_DATE: Final = re.compile(
    rf"{STEP}(?:date\s+of\s+(?:the\s+)?)?(?P<name>(?!(?:date|the|this|on|of|from|upon|after)\b)[\w-]+(?:\s[\w-]+)?\s+date)\b",
    re.IGNORECASE,
)
_NEW_SUBJECT: Final = re.compile(
    r"\b(?!Term|Agreement|Contract|Exhibits|Schedules)[A-Z]\w+\s(?:shall|will|may|must|agrees|hereby)\b|"
    r"(?<!\bdate\s)\bthat\b|(?<!\bon\s)\bwhich\b|\bwhose\b|\bwho\b"
)
# Up to where a sentence goes on with exceptions: `for two years from the Effective Date if sales grow`.
_CONDITION: Final = re.compile(
    r"^(?:(?!\b(?:unless|except|provided|subject)\b)[^.;])*?\b(?:if|whichever|so\s+long|later\s+of)\b", re.IGNORECASE
)
_SENTENCE: Final = re.compile(r"(?<=[a-z)\u201d\"])[.;]\s")


@dataclass(frozen=True, kw_only=True)
class Starts:
    """The days from which a term may count."""

    effective: date | None  # the one that the contract states
    made: date | None  # the one on which it was made
    named: Mapping[str, date]  # what the contract means by `Effective Date` and other names


def find_term(lines: Sequence[TextLine], starts: Starts) -> Finding | None:
    """Return the end of the only first term whose length and start are stated."""
    found: dict[date, TextLine] = {}
    for page, text in join_pages(lines):
        for length in find_lengths(text):
            if term := _read_term(text, length, starts):
                found.setdefault(term[0], TextLine(page, term[1]))
    [*ends] = found.items()
    return ends[0][1].finding("expires", ends[0][0].isoformat(), basis=Basis.PLACE) if len(ends) == 1 else None


def join_pages(lines: Sequence[TextLine]) -> Iterator[tuple[int, str]]:
    """Yield the number of each page, and its lines as one text without the rules that underline them."""
    for page, some in groupby(lines, lambda line: line.page):
        yield page, " ".join(_RULE.sub(" ", " ".join(line.text for line in some)).split())


def _read_term(text: str, length: TermLength, starts: Starts) -> tuple[date, str] | None:
    """Return the end of the term that this length states, and its sentence."""
    whole = text[max(0, length.start - _CHARACTERS_BEFORE) : length.start]
    before, behind = _INSERTION.sub(" ", whole), text[length.end : length.end + _CHARACTERS_BEHIND]
    stated = _STATES_TERM.search(before)
    gap, sentence = (stated["gap"], stated[0]) if stated else ("", "")
    if (
        not (stated or _HEADED_TERM.search(before))
        or _OTHER.search(gap)
        or _NEW_SUBJECT.search(gap)
        or _CONDITION.search(behind)
    ):
        return None
    start = _find_start(sentence, length, behind, starts)
    quote = f"{_SENTENCE.split(whole)[-1]}{text[length.start : length.end]}{_SENTENCE.split(behind)[0]}"
    return (_add_months(start, length.months), quote.strip()) if start else None


def _find_start(before: str, length: TermLength, behind: str, starts: Starts) -> date | None:
    """Return the day from which the term counts: it stands behind the length or before it, or is the effective date."""
    counts = _COUNTS.match(behind)
    if counts and not _SAME_DAY.match(behind, counts.end()):
        return _read_start(behind[counts.end() :], starts)
    if begins := list(_BEGINS.finditer(before)):
        return _read_start(before[begins[-1].end() :], starts)
    is_relative = length.is_anniversary or counts or _THEREAFTER.match(behind)
    return None if is_relative else starts.effective


def _read_start(text: str, starts: Starts) -> date | None:
    """Return the day that the text names at its start, or None if it is another event."""
    if MADE_DATE.match(text):
        return starts.made or starts.effective
    if name := _NAMED_DATE.match(text):
        return starts.named.get(" ".join(name["name"].casefold().split()))
    step = _STEP.match(text)
    written = next(iter(find_written_dates(text)), None)
    is_next = written and step and written.start <= step.end()
    return written.readings[0] if written and is_next and len(written.readings) == 1 else None


def _add_months(start: date, months: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))
