"""Find the day from which a contract holds, and the day on which it was made."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from contract.analysis import Finding

from .confidence import Basis
from .dates import find_written_dates
from .lines import TextLine
from .vocabulary import month_pattern

_FIRST_PAGES: Final = 3
_CHARACTERS_BEFORE: Final = 200  # characters in which a date's meaning is looked for
_CHARACTERS_BEHIND: Final = 60
_TAIL: Final = 16  # characters at the end of a line, where a date may begin
_MONTH_AT_END: Final = re.compile(
    rf"(?:{month_pattern()})\.?(?:\s\d{{1,2}})?,?$|\d(?:st|nd|rd|th)?(?:\sday)?(?:\sof)?$"
)
_DEFINITION: Final = re.compile(r"^[\s,]*(?:\(|\[)[^)\]]{0,60}effective\s+date", re.IGNORECASE)
_EFFECTIVE: Final = re.compile(
    r"(?:\beffective\s+date\b[\"\u201d'\u2019)]*\s*(?:of\s+this\s+agreement\s*)?(?::|is|means|shall\s+be|will\s+be|,)\s*(?:the\s+date\s+of\s+|on\s+)?|"
    r"\b(?:this|the)\s+(?:\w+\s+){0,5}(?:agreement|amendment|contract|lease|it)\b[^.;]{0,80}?\b(?:effective|takes\s+effect|in\s+force|into\s+force)\s+"
    r"(?:as\s+of|on|from|at)\s+(?:this\s+|the\s+)?|"
    r"\b(?:it|agreement)\s+(?:takes\s+effect|enters\s+into\s+force|comes\s+into\s+force|becomes\s+effective)\s+(?:on|as\s+of)\s+|"
    r"\bcommenc(?:es|ing|e)\s+on\s+(?:and\s+as\s+of\s+)?(?:the\s+)?|\b(?:starts|begins)\s+on\s+|\b(?:term|agreement|contract|venture|duration)\b[^.;]{0,80}?\b(?:shall|will)\s+(?:start|begin)\s+on\s+(?:the\s+)?|\beffective\s+as\s+of\s+(?:the\s+)?|\bcommencement\s+date:?\s*|\beffective:\s+)$",
    re.IGNORECASE,
)
# `that certain lease effective as of 1 June 2030`: another contract.
_OTHER_CONTRACT: Final = re.compile(r"\bthat\s+certain\b(?![^.;]*\bthis\b)[^.;]*$", re.IGNORECASE)
# `THIS AGREEMENT (the "Agreement") is made and entered into as of this`, and `Dated as of` on a cover.
_MADE_LABEL: Final = re.compile(
    r"\b(?:this|the)\s+(?:[\w-]+\s+){0,6}?(?:agreement|contract|lease|amendment)\b(?:(?!\bthat\s+certain\b)[^.;]){0,80}?"
    r"\b(?:made|entered|dated|executed|signed|concluded)\b[^.;\d]{0,60}$|^\s*dated(?:\s+as)?(?:\s+of)?:?\s*$",
    re.IGNORECASE,
)
# From a word such as `from` to what it names.
STEP: Final = r"(?:[\s,]*\b(?:on|as|of|from|upon|and|after|at|with|the|this|following|its)\b)*\s*[\"\u201c]?"
MADE_DATE: Final = re.compile(
    rf"{STEP}(?:date\s+(?:hereof|(?:of\s+)?(?:this|the)\s+(?:[\w-]+\s+)?agreement|(?:first\s+)?(?:above|written|stated|set\s+forth)|"
    r"(?:of|on\s+which|when)\s+(?:its|it\s+is|the|both\s+parties)?\s*(?:execut|sign)\w*|it\s+is\s+(?:execut|sign)\w*)|"
    r"(?:execution|signing|signature)\b)",
    re.IGNORECASE,
)
# `1 June 2030 (the "Start Date")`, and `"Start Date" means`.
_NAME_BEHIND_DAY: Final = re.compile(
    r"^[\s,]*(?:\(|\[)[^)\]\"\u201c]{0,40}[\"\u201c](?P<name>[\w\s-]{1,30}\bdate)[\"\u201d]", re.IGNORECASE
)
_NAME_BEFORE_DAY: Final = re.compile(
    r"[\"\u201c](?P<name>[\w\s-]{1,30}\bdate)[\"\u201d]\s*(?::|(?:shall\s+)?means?|is|shall\s+be)\s+(?:the\s+date\s+of\s+)?$",
    re.IGNORECASE,
)
_TAKES_EFFECT: Final = re.compile(
    r"\bthis\s+(?:[\w-]+\s+){0,5}?(?:agreement|contract|lease)\b[^.;]{0,120}?"
    r"\b(?:effective|commenc(?:es?|ing)|tak(?:es?|ing)\s+effect|(?:in|into)\s+(?:full\s+)?force(?:\s+and\s+effect)?)\s+"
    r"(?=(?:as\s+of|on|upon|from|at)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class StatedDay:
    """A day that a contract states with one reading, its line, and the text before and behind it."""

    day: date
    line: TextLine
    before: str
    behind: str


def find_days(lines: Sequence[TextLine]) -> Iterator[StatedDay]:
    """Yield each day; a date may span two lines."""
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
                quote = text[max(start, place - _CHARACTERS_BEFORE) : stop + _CHARACTERS_BEHIND].strip()
                yield StatedDay(
                    one.readings[0],
                    TextLine(line.page, quote),
                    text[max(0, place - _CHARACTERS_BEFORE) : place],
                    text[stop : stop + _CHARACTERS_BEHIND],
                )


def find_effective(days: Sequence[StatedDay], *, first_page: int) -> Finding | None:
    """Return the day that the contract calls its effective date, or else the day on which it says that it begins."""
    defined, stated = [], []
    for one in days:
        if _DEFINITION.search(one.behind) and one.line.page < first_page + _FIRST_PAGES:
            defined.append(one)
        elif _EFFECTIVE.search(one.before) and not _OTHER_CONTRACT.search(one.before):
            stated.append(one)
    return only_day("effective", defined, Basis.PROOF) or only_day("effective", stated, Basis.LABEL)


def find_made(days: Sequence[StatedDay], *, first_page: int) -> StatedDay | None:
    """Return the day on which the first pages say that the contract was made, if they say only one."""
    made = [one for one in days if one.line.page < first_page + _FIRST_PAGES and _MADE_LABEL.search(one.before)]
    return made[0] if len({one.day for one in made}) == 1 else None


def find_named(days: Sequence[StatedDay]) -> dict[str, date]:
    """Return the days that the contract gives a name, such as `start date`; a name of two days means neither."""
    found: dict[str, set[date]] = {}
    for one in days:
        if match := _NAME_BEHIND_DAY.search(one.behind) or _NAME_BEFORE_DAY.search(one.before):
            found.setdefault(" ".join(match["name"].casefold().split()), set()).add(one.day)
    return {name: some.pop() for name, some in found.items() if len(some) == 1}


def takes_effect_when_made(text: str) -> bool:
    """Whether a contract says that it takes effect on the day on which it was made."""
    return any(MADE_DATE.match(text, match.end()) for match in _TAKES_EFFECT.finditer(text))


def only_day(field: str, found: Sequence[StatedDay], basis: Basis) -> Finding | None:
    """Return the only day; of several a person must choose."""
    is_only = len({one.day for one in found}) == 1
    return found[0].line.finding(field, found[0].day.isoformat(), basis=basis) if is_only else None
