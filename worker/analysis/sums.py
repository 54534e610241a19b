"""Find the sums of an invoice or a receipt with their roles: net, tax, total, payment.

A sum counts only if its line is unambiguous: `Total station hire 4,402.49` is an item, and in `Total 106.10 6.37` only
a person can tell which number is the total. If the columns of a line add up, all of them are read.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Final

from .lines import TextLine
from .money import SIGNS_AND_CODES, Money
from .phrases import Match, fold_letters
from .vocabulary import phrases_of

_MAX_DISTANCE: Final = 40  # characters between a label and its sum, without gaps
_CENT: Final = Decimal("0.01")
_MIN_RATE: Final = 3  # per cent: a smaller number is a quantity
_RATE: Final = re.compile(r"(?<![\d.,])(\d{1,2}(?:[.,]\d{1,2})?)\s?%?")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
# Signs and codes of currencies, and the codes of rates.
_FREE_WORDS: Final = frozenset(
    {fold_letters(sign).strip(".") for sign in SIGNS_AND_CODES} | {"s", "sr", "zr", "z", "a", "e", "k"}
)


PAYMENT_METHODS: Final = ("cash", "card")  # kinds of words for payments


class Role(StrEnum):
    """What a sum is."""

    NET = "net"
    EITHER = "either"  # `subtotal` and `net total`: before tax or after it
    TAX = "tax"
    GROSS = "gross"  # a total that surely includes tax
    TOTAL = "total"
    PAYABLE = "payable"  # what is left to pay, perhaps after a payment
    ROUNDING = "rounding"  # to the smallest coin: the difference, or the rounded total
    PAID = "paid"
    CHANGE = "change"


@dataclass(frozen=True)
class LabelledSum:
    """A sum, what it is, and its line."""

    role: Role
    amount: Decimal
    money: Money
    line: TextLine


@dataclass(frozen=True)
class RateRow:
    """A row such as `19 % 100.00 19.00`: the rate proves which sum is the tax on which."""

    base: Decimal
    tax: Decimal
    line: TextLine


@dataclass(frozen=True)
class Sums:
    """The sums of a document."""

    labelled: tuple[LabelledSum, ...]
    rows: tuple[RateRow, ...]

    def of(self, *roles: Role) -> list[LabelledSum]:
        """Return the sums of these roles, in the order of the document."""
        return [one for one in self.labelled if one.role in roles]


def find_sums(lines: Sequence[TextLine]) -> Sums:
    """Return the sums that have a label on their line, or alone on the line before, and the rows of rates."""
    found: list[LabelledSum] = []
    rows: dict[tuple[Decimal, Decimal], RateRow] = {}
    label: TextLine | None = None  # a line of words alone, whose sum may follow
    for line in lines:
        sums = line.money
        if not sums:
            label = None if line.has_digit else line
            continue
        labels = phrases_of("sums").find(line.folded)
        if labels:
            found += _read_line(line, labels, sums)
        elif label and label.page == line.page and _is_alone(line, sums):
            joined = TextLine(line.page, f"{label.text} {line.text}")
            found += [
                LabelledSum(one.role, one.amount, sums[0], line)
                for one in _read_line(joined, phrases_of("sums").find(joined.folded), joined.money)
            ]
        if row := _read_rates(line, labels, sums):
            rows.setdefault((row.base, row.tax), row)
        label = None
    return Sums(tuple(found), tuple(rows.values()))


def _is_alone(line: TextLine, sums: Sequence[Money]) -> bool:
    return len(sums) == 1 and not _LETTERS.search(line.text[: sums[0].start] + line.text[sums[0].end :])


def _read_line(line: TextLine, labels: Sequence[Match], sums: Sequence[Money]) -> Iterator[LabelledSum]:
    """Yield the sums of a line: each run of labels belongs to the run of sums behind it."""
    starts = [label.start for label in labels]  # from left to right
    at = 0
    while at < len(sums):
        start, next_label = sums[at - 1].end if at else 0, bisect_left(starts, sums[at].end)
        run = [label for label in labels[bisect_left(starts, start) : next_label] if label.end <= sums[at].start + 1]
        following = starts[next_label] if next_label < len(starts) else len(line.text)
        end = next((place for place in range(at, len(sums)) if sums[place].start > following), len(sums))
        behind = line.folded[sums[end - 1].end :]
        if run and (role := _role_of([label.kind for label in run])) and _is_clear(line, start, run, sums[at], role):
            behind_kinds = {label.kind for label in labels[bisect_left(starts, len(line.text) - len(behind)) :]}
            yield from _read_run(line, _with_suffix(role, behind_kinds), sums[at:end])
        at = end


def _role_of(kinds: Sequence[str]) -> Role | None:
    """Return what labels mean together: `total` and `tax` are a tax, and `total`, `excluding` and `tax` a net sum."""
    every = {Role.PAID if kind in PAYMENT_METHODS else kind for kind in kinds}
    if "another" in every:
        return None
    summed = every & {"total", "gross", "payable", "either", "net"}
    if "excluding" in every:
        return Role.NET if summed or "tax" in every else None
    if "including" in every:
        return Role.GROSS if summed else None
    order = (
        Role.ROUNDING,
        Role.CHANGE,
        Role.PAID,
        Role.PAYABLE,
        Role.GROSS,
        Role.NET,
        Role.TAX,
        Role.EITHER,
        Role.TOTAL,
    )
    return next((role for role in order if role in every), None)


def _with_suffix(role: Role, behind: set[str]) -> Role:
    """Return the role of `Total 12.00 incl. VAT`."""
    if role in (Role.TOTAL, Role.EITHER) and behind & {"including", "excluding"}:
        return Role.GROSS if "including" in behind else Role.NET
    return role


def _is_clear(line: TextLine, start: int, run: Sequence[Match], money: Money, role: Role) -> bool:
    """Whether no other word says what the sum is."""
    if money.start - run[-1].end > _MAX_DISTANCE:
        return False
    between = _rest_of(line.folded, run[0].start, money.start, run)
    before = line.folded[start : run[0].start] if role in (Role.TOTAL, Role.EITHER, Role.PAID, Role.CHANGE) else ""
    words = [word for word in _LETTERS.findall(f"{before} {between}") if word not in _FREE_WORDS]
    return not words if role is not Role.TAX else len(words) <= 2  # noqa: PLR2004 `TVA collectee (vente)`


def _rest_of(text: str, start: int, end: int, run: Sequence[Match]) -> str:
    """Return the text between two places without the labels."""
    parts, at = [], start
    for label in run:
        parts.append(text[at : label.start])
        at = label.end
    return " ".join([*parts, text[at:end]])


def _read_run(line: TextLine, role: Role, sums: Sequence[Money]) -> Iterator[LabelledSum]:
    amounts = [one.amount for one in sums]
    if len(set(amounts)) == 1:
        yield LabelledSum(role, amounts[0], sums[0], line)
    elif len(sums) == 3 and amounts[0] + amounts[1] == amounts[2] and role in (Role.TOTAL, Role.GROSS):  # noqa: PLR2004 net, tax, total
        for each, money in zip((Role.NET, Role.TAX, Role.GROSS), sums, strict=True):
            yield LabelledSum(each, money.amount, money, line)


def _read_rates(line: TextLine, labels: Sequence[Match], sums: Sequence[Money]) -> RateRow | None:
    if not 2 <= len(sums) <= 4 or any(label.kind in ("including", "excluding") for label in labels):  # noqa: PLR2004 net, tax, total, and a zero
        return None
    rates = {Decimal(match[1].replace(",", ".")) for match in _RATE.finditer(line.text)}
    for base, tax in pairwise(sums):
        for rate in rates:
            if rate >= _MIN_RATE and tax.amount and abs(base.amount * rate / 100 - tax.amount) <= _CENT:
                return RateRow(base.amount, tax.amount, line)
    return None
