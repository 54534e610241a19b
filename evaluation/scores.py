"""Counts over all documents: for each field how often it was right, and how well the text was read."""

from collections import Counter
from collections.abc import Iterable
from statistics import mean

from pydantic import BaseModel, ConfigDict, JsonValue

from .compare import Verdict


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class FieldVerdict(_Frozen):
    """A field of one document: what was found, what is true, and what that is called."""

    field: str
    found: JsonValue
    true: JsonValue
    verdict: Verdict


class CaseScore(_Frozen):
    """One document."""

    name: str
    type: str
    fields: tuple[FieldVerdict, ...] = ()
    error_rate: float | None = None
    word_recall: float | None = None
    failure: str | None = None


class FieldScore(_Frozen):
    """One field over all documents of a type. `right` is a share of these, also of those with nothing to find."""

    type: str
    field: str
    documents: int
    right: float
    precision: float | None
    recall: float | None
    f1: float | None


class Score(_Frozen):
    """All of it."""

    analyzer: str
    fields: tuple[FieldScore, ...]
    error_rate: float | None
    word_recall: float | None
    cases: tuple[CaseScore, ...]


def score(analyzer: str, cases: Iterable[CaseScore]) -> Score:
    """Count."""
    every = tuple(cases)
    counts: dict[tuple[str, str], Counter[Verdict]] = {}
    for case in every:
        for one in case.fields:
            counts.setdefault((case.type, one.field), Counter())[one.verdict] += 1
    return Score(
        analyzer=analyzer,
        fields=tuple(_field(kind, field, count) for (kind, field), count in counts.items()),
        error_rate=_mean(case.error_rate for case in every),
        word_recall=_mean(case.word_recall for case in every),
        cases=every,
    )


def _field(kind: str, field: str, count: Counter[Verdict]) -> FieldScore:
    """A wrong value is both: one that should not be there, and one that is missing."""
    right, wrong = count[Verdict.RIGHT], count[Verdict.WRONG]
    precision = _share(right, right + wrong + count[Verdict.INVENTED])
    recall = _share(right, right + wrong + count[Verdict.MISSING])
    f1 = None if precision is None or recall is None else 2 * precision * recall / ((precision + recall) or 1)
    documents = count.total()
    fine = (right + count[Verdict.RIGHTLY_ABSENT]) / documents
    return FieldScore(
        type=kind, field=field, documents=documents, right=fine, precision=precision, recall=recall, f1=f1
    )  # fmt: skip


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return mean(known) if known else None
