"""Find the labels of an invoice's number and dates, and the values behind, below or above them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from .dates import find_dates, find_written_dates
from .lines import TextLine
from .phrases import Match
from .vocabulary import phrases_of

_MAX_GAP: Final = 40  # characters behind a label: a value further away belongs to another one
_BEHIND: Final = re.compile(
    r"[\s:#.\u00b0º-]*(?:(?i:number|nr|no|n\u00b0)[\s:.]*)?"
    r"(?P<number>[A-Za-z]{0,6}[-/_]?\d[\w/.-]*|[A-Z]{1,3} \d[\w/.-]*|[A-Za-z][\w/.-]*\d[\w/.-]*)"
)
_IDENTIFIER: Final = re.compile(r"(?<![\w/.-])(?:[A-Z]{1,6}-?)?\d[\w/-]*(?![\w.])")
_ALONE: Final = re.compile(r"[A-Z]{0,6}[-/]?\d[\w/.-]*")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}[./]\s?\d{1,2}[./]\s?\d{2,4}")
# Behind the title itself: `Rechnung (380) Nr. 471102 vom 05.06.2018`, `Facture FA-2017-0010`, `Invoice # 7`.
_TITLED_NUMBER: Final = re.compile(
    r"\s*(?:[^\d\n(]{0,40}(?:\([^)\n]{0,40}\)\s*){1,2})?(?P<word>n(?:\u00b0|r|o)?\b[.:]?|n\u00b0|num(?:ber|ero)?\b|#)?\s*:?\s*"
    r"(?P<number>[a-z]{0,6}[-/_]?\d[\w/.-]*|[a-z]+[-/]\w*\d[\w/.-]*)"
    r"(?P<dated>\s*(?:vom|von|du|of|dated|del|di|van|issued at|issued on|de)\s)?"
)
_UNCLEAR_NUMBER: Final = re.compile(r"(?:19|20)\d\d|\d{1,2}/(?:(?:19|20)\d\d|\d{1,2})")  # a year, a month, a page
_MONEY: Final = re.compile(r"\d+[.,]\d\d")


class Fact(StrEnum):
    """The meaning of a label."""

    DUE = "due"
    ISSUED = "issued"
    TITLED = "titled"  # the number behind the title of the document
    NUMBER = "number"
    DATE = "date"  # labelled only `date`
    OTHER = "other"  # a fact of a delivery, an order or the like
    REFERENCE = "reference"  # behind it stands another invoice's number, or this one's as a payment's text


_FACTS_OF_INVOICE: Final = (Fact.NUMBER, Fact.ISSUED, Fact.DATE, Fact.REFERENCE)


@dataclass(frozen=True)
class LabelledValue:
    """The value of a label, and its line."""

    fact: Fact
    line: TextLine
    value: date | str


def find_values(lines: Sequence[TextLine], *, day_first: bool | None) -> list[LabelledValue]:
    """Return every value that has a label."""
    found: list[LabelledValue] = []
    above: TextLine | None = None
    for line in lines:
        labels = find_labels(line.folded)
        here = [*_find_titled(line, day_first=day_first), *_find_behind(line, labels, day_first=day_first)]
        if above and not here and above.page == line.page:
            here += _find_below(above, line, day_first=day_first) or _find_unclear(above, line, day_first=day_first)
        found += here
        above = line if labels and not here else None
    return found


def find_labels(folded: str) -> list[Match]:
    """Return the labels of a line from left to right."""
    found = phrases_of("facts").find(folded)
    ends = {label.end for label in found}
    return [label for label in found if label.kind != Fact.DATE or _stands_alone(label, folded, ends)]


def _stands_alone(label: Match, folded: str, ends: set[int]) -> bool:
    """Whether no other word qualifies it, as in `delivery date`, or `date de livraison`."""
    before, behind = folded[: label.start].rstrip(), folded[label.end :]
    gap = label.start - len(before)
    if folded[label.start - 1 : label.start] in ("-", "/") and label.start:
        return False
    if re.match(r" (?:de|del|di|of|van|d')[ \w]", behind):
        return False
    return gap > 1 or not before[-1:].isalpha() or len(before) in ends


def _find_titled(line: TextLine, *, day_first: bool | None) -> Iterator[LabelledValue]:
    """Yield number and date behind the document's own title."""
    for title in phrases_of("titles").find(line.folded):
        match = _TITLED_NUMBER.match(line.folded, title.end)
        if not match or line.folded[: title.start].strip():
            continue
        day = next(iter(find_dates(line.text[match.end() :][:_MAX_GAP], day_first=day_first)), None)
        value = line.text[match.start("number") : match.end("number")].strip(" .,")
        is_alone = not line.folded[match.end() :].strip() and not _UNCLEAR_NUMBER.fullmatch(value)
        is_number = match["word"] or match["dated"] or is_alone
        if is_number and _is_number(value):
            yield LabelledValue(Fact.TITLED, line, value)
        if day and match["dated"]:
            yield LabelledValue(Fact.ISSUED, line, day)
        return


def _is_number(value: str) -> bool:
    return not _MONEY.fullmatch(value) and not find_written_dates(value)


def _find_behind(line: TextLine, labels: Sequence[Match], *, day_first: bool | None) -> Iterator[LabelledValue]:
    reference = next((label.start for label in labels if label.kind == Fact.REFERENCE), len(line.text))
    for label, following in zip(labels, [*labels[1:], None], strict=False):
        if label.start >= reference and label.kind in _FACTS_OF_INVOICE:
            continue
        rest = line.text[label.end : following.start if following else None][:_MAX_GAP]
        value: date | str | None
        if label.kind == Fact.NUMBER:
            match = _BEHIND.match(rest)
            value = match["number"].rstrip(".") if match and _is_number(match["number"]) else None
        else:
            value = next(iter(find_dates(rest, day_first=day_first)), None)
        if value is not None:
            yield LabelledValue(Fact(label.kind), line, value)


def _find_unclear(above: TextLine, values: TextLine, *, day_first: bool | None) -> list[LabelledValue]:
    """Return dates that may belong to any of several labels, as dates of the kind OTHER."""
    if {label.kind for label in find_labels(above.folded)} <= {Fact.NUMBER, Fact.ISSUED, Fact.DATE}:
        return []
    return [LabelledValue(Fact.OTHER, values, day) for day in find_dates(values.text, day_first=day_first) if day]


def _find_below(above: TextLine, values: TextLine, *, day_first: bool | None) -> list[LabelledValue]:
    """Return the values below labels: one below one, or below a row of labels dates in order and another as number."""
    labels = [label for label in find_labels(above.folded) if above.text[label.end :][:1] != "("]
    if not labels or (len(labels) == 1 and labels[0].end < len(above.text.rstrip(" :."))):
        return _find_due_below(labels, values, day_first=day_first)  # other words stand behind the only label
    dated = [label for label in labels if label.kind != Fact.NUMBER]
    if not dated:
        text = values.text.strip()
        is_alone = len(labels) == 1 and _ALONE.fullmatch(text) and _is_number(text)
        return [LabelledValue(Fact.NUMBER, values, text)] if is_alone else []
    written = find_written_dates(values.text)
    if len(written) != len(dated) or (len(labels) == 1 and written[0].start > 0):
        return []
    days = [one.read(day_first=day_first) for one in written]
    found = [
        LabelledValue(Fact(label.kind), values, day) for label, day in zip(dated, days, strict=True) if day is not None
    ]
    if len(labels) > len(dated) and (match := _IDENTIFIER.match(_DATE.sub(" ", values.text).strip())):
        found.append(LabelledValue(Fact.NUMBER, values, match[0]))
    return found


def _find_due_below(labels: Sequence[Match], values: TextLine, *, day_first: bool | None) -> list[LabelledValue]:
    """Return the due date that stands alone below a row of headings, of which no other one names a date."""
    [*written] = find_written_dates(values.text) if [label.kind for label in labels] == [Fact.DUE] else []
    day = written[0].read(day_first=day_first) if len(written) == 1 else None
    is_alone = day and written[0].end - written[0].start == len(values.text.strip(" ."))
    return [LabelledValue(Fact.DUE, values, day)] if day and is_alone else []
