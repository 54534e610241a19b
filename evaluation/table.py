"""The score as people read it."""

from collections.abc import Iterator
from typing import Final

from .compare import Verdict
from .scores import Score

_HEAD: Final = f"{'type':<10} {'field':<16} {'documents':>9} {'right':>7} {'precision':>9} {'recall':>7} {'F1':>7}"
_FINE: Final = {Verdict.RIGHT, Verdict.RIGHTLY_ABSENT}
_MOST: Final = 20  # faults that are listed; the JSON has all


def table(score: Score) -> str:
    """Return it, with what went wrong below."""
    return "\n".join(_lines(score))


def _lines(score: Score) -> Iterator[str]:
    yield f"{score.analyzer}, {len(score.cases)} documents"
    yield ""
    yield _HEAD
    for one in score.fields:
        shares = (one.right, one.precision, one.recall, one.f1)
        cells = " ".join(f"{_percent(share):>{width}}" for share, width in zip(shares, (7, 9, 7, 7), strict=True))
        yield f"{one.type:<10} {one.field:<16} {one.documents:>9} {cells}"
    if score.error_rate is not None and score.word_recall is not None:
        yield ""
        yield f"text: {100 * score.error_rate:.2f} % of characters wrong, {_percent(score.word_recall)} of words there"
    yield from _faults(score)


def _faults(score: Score) -> Iterator[str]:
    faults = [
        f"  {case.name}: {one.field} is {one.verdict}: found {one.found!r}, true is {one.true!r}"
        for case in score.cases
        for one in case.fields
        if one.verdict not in _FINE
    ]
    faults = [f"  {case.name} failed: {case.failure}" for case in score.cases if case.failure] + faults
    if faults:
        yield ""
        yield "what is not right:"
        yield from faults[:_MOST]
    if len(faults) > _MOST:
        yield f"  and {len(faults) - _MOST} more"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"
