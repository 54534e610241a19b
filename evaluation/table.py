"""Format the score as text."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from .compare import CORRECT_VERDICTS, Verdict
from .scores import Score, TextScore

_WIDTHS: Final = (9, 7, 7, 7, 8, 9, 7, 7, 8)
_NAMES: Final = ("documents", "right", "wrong", "absent", "invented", "precision", "recall", "fine", "in scans")
_MAX_ROWS: Final = 20  # errors listed; the JSON file has all


def table(score: Score) -> str:
    """Return the score as a table, followed by the errors."""
    return "\n".join(_lines(score))


def _lines(score: Score) -> Iterator[str]:
    yield f"{score.analyzer}, {len(score.cases)} documents, {score.scans.documents} of them with scanned pages"
    for folder, fields in groupby(score.fields, lambda field: field.folder):
        yield ""
        yield f"{'type':<10} {'field':<16} {_row(_NAMES)}{f'   {folder}/' if folder else ''}"
        for one in fields:
            counts = (one.documents, one.right, one.wrong, one.missing, one.invented)
            shares = (one.precision, one.recall, one.fine, one.scans)
            yield f"{one.type:<10} {one.field:<16} {_row((*map(str, counts), *map(_percent, shares)))}"
    if score.error_rate is not None:
        yield ""
        yield from _texts("text", score.digital)
        yield from _texts("text of scans", score.scans)
    yield from _faults(score)


def _texts(name: str, one: TextScore) -> Iterator[str]:
    if one.error_rate is not None:
        yield f"{name}: {100 * one.error_rate:.2f} % of characters wrong, {_percent(one.word_recall)} of words there"


def _row(cells: Iterable[str]) -> str:
    return " ".join(f"{cell:>{width}}" for cell, width in zip(cells, _WIDTHS, strict=True))


def _faults(score: Score) -> Iterator[str]:
    incorrect = [(case, one) for case in score.cases for one in case.fields if one.verdict not in CORRECT_VERDICTS]
    incorrect.sort(key=lambda fault: fault[1].verdict is Verdict.MISSING)  # what was found is worse than what was not
    faults = [
        f"  {case.name}: {one.field} is {one.verdict}: found {one.found!r}, true is {one.true!r}"
        for case, one in incorrect
    ]
    faults = [f"  {case.name} failed: {case.failure}" for case in score.cases if case.failure] + faults
    if faults:
        yield ""
        yield "what is not right:"
        yield from faults[:_MAX_ROWS]
    if len(faults) > _MAX_ROWS:
        yield f"  and {len(faults) - _MAX_ROWS} more"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"
