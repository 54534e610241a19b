"""Find the labels of an invoice's number and dates, and the values behind or below them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Final

from .dates import find_dates
from .invoice_terms import DATES, DUE, NUMBER
from .lines import TextLine

_MAX_GAP: Final = 40  # characters behind a label: a value further away belongs to another one
_BEHIND: Final = re.compile(r"[\s:#.]*(?P<number>[A-Z]{0,6}[-/ ]?\d[\w/.-]*|[A-Z][\w/.-]*\d[\w/.-]*)")
_IDENTIFIER: Final = re.compile(r"(?<![\w/.-])(?:[A-Z]{1,6}-?)?\d[\w/-]*(?![\w.])")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}[./]\s?\d{1,2}[./]\s?\d{2,4}")


class Fact(StrEnum):
    """The meaning of a label. Where two overlap, the earlier one here counts."""

    DUE = "due"
    ISSUED = "issued"
    NUMBER = "number"
    SOME_DATE = "some date"  # labelled only `date`


_TERMS: Final = {Fact.DUE: DUE, Fact.ISSUED: DATES[0], Fact.NUMBER: NUMBER, Fact.SOME_DATE: DATES[1]}


@dataclass(frozen=True)
class Label:
    """A label in a line."""

    fact: Fact
    start: int
    end: int


@dataclass(frozen=True)
class LabelledValue:
    """The value of a label, and its line."""

    fact: Fact
    line: TextLine
    value: date | str


def find_labels(text: str) -> list[Label]:
    """Return the labels of a line from left to right."""
    found: list[Label] = []
    for fact, terms in _TERMS.items():
        for match in terms.finditer(text):
            if all(match.end() <= other.start or other.end <= match.start() for other in found):
                label = Label(fact, match.start(), match.end())
                found += [label] if fact is not Fact.SOME_DATE or _stands_alone(label, text, found) else []
    return sorted(found, key=lambda label: label.start)


def _stands_alone(label: Label, text: str, others: Sequence[Label]) -> bool:
    """Whether no other word qualifies it, as in `delivery date`."""
    before = text[: label.start].rstrip()
    gap = label.start - len(before)
    return gap > 1 or not before[-1:].isalpha() or any(other.end == len(before) for other in others)


def find_values(lines: Sequence[TextLine], *, day_first: bool | None) -> list[LabelledValue]:
    """Return every value that has a label."""
    found = [value for line in lines for value in _find_behind(line, day_first)]
    for labels, values in pairwise(lines):
        if labels.page == values.page and not re.search(r"\d", labels.text):
            found += _find_below(labels.text, values, day_first)
    return found


def _find_behind(line: TextLine, day_first: bool | None) -> Iterator[LabelledValue]:  # noqa: FBT001 three answers
    labels = find_labels(line.text)
    for label, following in zip(labels, [*labels[1:], None], strict=False):
        rest = line.text[label.end : following.start if following else None][:_MAX_GAP]
        if label.fact is Fact.NUMBER:
            match = _BEHIND.match(rest)
            value: date | str | None = match["number"].rstrip(".") if match else None
        else:
            value = next(iter(find_dates(rest, day_first=day_first)), None)
        if value is not None:
            yield LabelledValue(label.fact, line, value)


def _find_below(text: str, values: TextLine, day_first: bool | None) -> Iterator[LabelledValue]:  # noqa: FBT001 as above
    """Yield the values below a row of labels: dates in order, and any other value as the number."""
    labels = find_labels(text)
    days = find_dates(values.text, day_first=day_first)
    dated = [label for label in labels if label.fact is not Fact.NUMBER]
    if len(labels) < 2 or len(days) != len(dated):  # noqa: PLR2004 a single label is a heading
        return
    for label, day in zip(dated, days, strict=True):
        if day is not None:
            yield LabelledValue(label.fact, values, day)
    if len(labels) > len(dated) and (match := _IDENTIFIER.match(_DATE.sub(" ", values.text).strip())):
        yield LabelledValue(Fact.NUMBER, values, match[0])
