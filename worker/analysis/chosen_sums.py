"""Choose net, tax and total among the sums of a document: sums that add up, or else the sum with a clear label."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from typing import Final

from .confidence import Basis
from .lines import TextLine
from .sums import LabelledSum, Role, Sums

_MAX_RATE: Final = Decimal("0.35")  # the highest rate of tax; a higher share is not a tax
_ROUNDING: Final = Decimal("0.05")  # to the smallest coin
_MAX_PAIRS: Final = 250_000  # pairs of sums to try; an invoice has fewer, and in long lists some fit by chance
_TOTALS: Final = (Role.GROSS, Role.TOTAL, Role.PAYABLE)  # the clearer ones first


@dataclass(frozen=True)
class Chosen:
    """A sum, its line, and what the choice rests on."""

    amount: Decimal
    line: TextLine
    basis: Basis
    code: str | None = None  # its currency


@dataclass(frozen=True)
class Amounts:
    """The chosen sums, and what contradicts them."""

    net: Chosen | None = None
    tax: Chosen | None = None
    total: Chosen | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Candidate:
    amount: Decimal
    line: TextLine
    rank: int  # 0 is the clearest
    sign: str | None = None


type _Fit = tuple[_Candidate, _Candidate, _Candidate]  # net, tax and total


def choose_sums(sums: Sums) -> Amounts:
    """Return the sums."""
    if fitting := _find_fitting(sums):
        rounded = _round(fitting[2], sums, _find_paid(sums))
        net, tax = (_choose(one, Basis.PROOF) for one in fitting[:2])
        return Amounts(net, tax, _choose(rounded, Basis.PROOF) if rounded else None)
    total = _find_total(sums)
    return _contradict(_find_net(sums, total), _find_tax(sums, total), total)


def _choose(candidate: _Candidate, basis: Basis) -> Chosen:
    return Chosen(candidate.amount, candidate.line, basis, candidate.sign)


def _candidates(found: Iterable[LabelledSum], order: Sequence[Role]) -> list[_Candidate]:
    """Return the first sum of each amount, those with the clearest label first."""
    ranked = sorted(
        (_Candidate(one.amount, one.line, order.index(one.role), one.money.sign) for one in found),
        key=lambda one: one.rank,
    )
    return list({one.amount: one for one in reversed(ranked)}.values())[::-1]


def _find_fitting(sums: Sums) -> _Fit | None:
    """Return net, tax and total that add up, if only one total does."""
    nets = _candidates(sums.of(Role.NET, Role.EITHER), (Role.NET, Role.EITHER))
    taxes = _candidates(sums.of(Role.TAX), (Role.TAX,))
    several = list({(one.line.text, one.amount): one for one in sums.of(Role.TAX)}.values())
    if len(several) > 1:
        taxes.append(_Candidate(_add_up(one.amount for one in several), several[0].line, 0))
    if sums.rows:
        taxes.append(_Candidate(_add_up(row.tax for row in sums.rows), sums.rows[0].line, 0))
        nets.append(_Candidate(_add_up(row.base for row in sums.rows), sums.rows[0].line, 1))
    totals = _candidates(sums.of(*_TOTALS, Role.EITHER), (*_TOTALS, Role.EITHER))
    fitting = _fit(nets, taxes, totals)
    clearest = min((total.rank for _, _, total in fitting), default=0)
    best = [one for one in fitting if one[2].rank == clearest]
    return best[0] if len({(net.amount, tax.amount, total.amount) for net, tax, total in best}) == 1 else None


def _fit(nets: list[_Candidate], taxes: list[_Candidate], totals: list[_Candidate]) -> list[_Fit]:
    """Return every net and tax with the total that they add up to; each total has its own amount."""
    if len(nets) * len(taxes) > _MAX_PAIRS:
        return []
    total_of = {total.amount: total for total in totals}
    return [
        (net, tax, total)
        for net, tax in product(nets, taxes)
        if _is_tax(tax.amount, net.amount) and (total := total_of.get(net.amount + tax.amount))
    ]


def _is_tax(tax: Decimal, net: Decimal) -> bool:
    return tax != 0 and abs(tax) <= _MAX_RATE * abs(net) and (tax > 0) == (net > 0)


def _add_up(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def _round(total: _Candidate, sums: Sums, paid: set[Decimal]) -> _Candidate | None:
    """Return the total after rounding to a coin if the document says that it was rounded, or None if it is missing."""
    roundings = sums.of(Role.ROUNDING)
    if not roundings or total.amount % _ROUNDING == 0:
        return total
    near = [
        one
        for one in sums.labelled
        if 0 < abs(one.amount - total.amount) <= _ROUNDING
        and one.amount % _ROUNDING == 0
        and one.role is not Role.CHANGE
    ]
    if near:
        best = next((one for one in reversed(near) if one.amount in paid), near[-1])
        return _Candidate(best.amount, best.line, 0, best.money.sign)
    is_changed = any(0 < abs(one.amount) <= _ROUNDING for one in roundings)
    return None if is_changed else total


def _find_total(sums: Sums) -> Chosen | None:
    """Return the total with the clearest label; of several the one that was paid."""
    paid = _find_paid(sums)
    if _exceeds(sums.of(Role.PAYABLE), sums.of(Role.GROSS, Role.TOTAL)):
        return None  # something was added to the total
    for role in _TOTALS:
        found = _candidates(sums.of(role), (role,))
        found = list({one.amount: one for one in (_round(each, sums, paid) for each in found) if one}.values())
        confirmed = [one for one in found if one.amount in paid]
        if len(confirmed) == 1:
            return _choose(confirmed[0], Basis.PROOF)
        if len(found) == 1:
            one = found[0]
            return _choose(one, Basis.LABEL) if one.amount else None
        if found:
            return None
    confirmed = [one for one in _candidates(sums.of(Role.EITHER), (Role.EITHER,)) if one.amount in paid]
    return _choose(confirmed[0], Basis.PROOF) if len(confirmed) == 1 else None


def _exceeds(payable: Sequence[LabelledSum], totals: Sequence[LabelledSum]) -> bool:
    return bool(payable and totals) and max(one.amount for one in payable) > _ROUNDING + max(
        one.amount for one in totals
    )


def _find_paid(sums: Sums) -> set[Decimal]:
    """Return what may have been paid: each payment, all of them, and less the change."""
    payments = [abs(one.amount) for one in sums.of(Role.PAID)]
    changes = {abs(one.amount) for one in sums.of(Role.CHANGE)}
    every = {*payments, _add_up(payments)}
    if len(every) * len(changes) > _MAX_PAIRS:
        changes.clear()
    return {one for one in {*every, *(paid - change for paid in every for change in changes)} if one > 0}


def _find_tax(sums: Sums, total: Chosen | None) -> Chosen | None:
    """Return the only tax, or the taxes of all rates if their rows prove them."""
    labelled = _candidates(sums.of(Role.TAX), (Role.TAX,))
    proven = _add_up(row.tax for row in sums.rows)
    if sums.rows and all(one.amount in {proven, *(row.tax for row in sums.rows), 0} for one in labelled):
        found = Chosen(proven, sums.rows[0].line, Basis.PROOF)
    elif len(labelled) == 1:
        found = _choose(labelled[0], Basis.LABEL)
    else:
        return None
    return found if total is None or abs(found.amount) < _MAX_RATE * abs(total.amount) else None


def _find_net(sums: Sums, total: Chosen | None) -> Chosen | None:
    found = _candidates(sums.of(Role.NET), (Role.NET,))
    if len(found) != 1 or (total and abs(found[0].amount) > abs(total.amount)):
        return None
    return _choose(found[0], Basis.LABEL)


def _contradict(net: Chosen | None, tax: Chosen | None, total: Chosen | None) -> Amounts:
    """Return the sums; with a warning and less confidence if they do not add up."""
    if not (net and tax and total) or net.amount + tax.amount == total.amount:
        return Amounts(net, tax, total)
    warning = f"net {net.amount} and tax {tax.amount} do not add up to the total of {total.amount}: check all three"
    net, tax, total = (replace(one, basis=Basis.CONTRADICTION) for one in (net, tax, total))
    return Amounts(net, tax, total, (warning,))
