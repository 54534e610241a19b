"""Counts over all documents: for each field how often it was right, and how well the text was read."""

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import mean

from pydantic import BaseModel, ConfigDict, JsonValue

from .compare import CORRECT_VERDICTS, Verdict


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class FieldVerdict(_Frozen):
    """A field of one document: the found value, the known value, and the verdict."""

    field: str
    found: JsonValue
    true: JsonValue
    verdict: Verdict


class CaseScore(_Frozen):
    """One document."""

    name: str
    folder: str = ""
    type: str
    fields: tuple[FieldVerdict, ...] = ()
    error_rate: float | None = None
    word_recall: float | None = None
    is_scan: bool = False  # at least one page needed OCR
    failure: str | None = None


class FieldScore(_Frozen):
    """One field over all documents of a folder and type. `fine` is the share that is right or rightly absent.

    `scans` is the same share of the documents with pages that needed OCR, if there are any. The counts leave out
    documents that rightly have no value.
    """

    folder: str = ""
    type: str
    field: str
    documents: int
    right: int
    wrong: int
    missing: int
    invented: int
    fine: float
    scans: float | None
    precision: float | None
    recall: float | None
    f1: float | None


class TextScore(_Frozen):
    """How well the text of some documents was read, where it is known."""

    documents: int
    error_rate: float | None
    word_recall: float | None


class Score(_Frozen):
    """The whole score. `scans` are the documents with pages that needed OCR, `digital` the others."""

    analyzer: str
    fields: tuple[FieldScore, ...]
    error_rate: float | None
    word_recall: float | None
    digital: TextScore
    scans: TextScore
    cases: tuple[CaseScore, ...]


def score(analyzer: str, cases: Iterable[CaseScore]) -> Score:
    """Add up the scores of all documents."""
    every = tuple(cases)
    verdicts: dict[tuple[str, str, str], list[tuple[bool, Verdict]]] = {}
    for case in every:
        for one in case.fields:
            verdicts.setdefault((case.folder, case.type, one.field), []).append((case.is_scan, one.verdict))
    return Score(
        analyzer=analyzer,
        fields=tuple(_field(*names, found) for names, found in verdicts.items()),
        error_rate=_mean(case.error_rate for case in every),
        word_recall=_mean(case.word_recall for case in every),
        digital=_text([case for case in every if not case.is_scan]),
        scans=_text([case for case in every if case.is_scan]),
        cases=every,
    )


def _field(folder: str, kind: str, field: str, found: Sequence[tuple[bool, Verdict]]) -> FieldScore:
    """Count a wrong value twice: as an invented and as a missing one."""
    count = Counter(verdict for _, verdict in found)
    right, wrong = count[Verdict.RIGHT], count[Verdict.WRONG]
    precision = _share(right, right + wrong + count[Verdict.INVENTED])
    recall = _share(right, right + wrong + count[Verdict.MISSING])
    return FieldScore(
        folder=folder,
        type=kind,
        field=field,
        documents=len(found),
        right=right,
        wrong=wrong,
        missing=count[Verdict.MISSING],
        invented=count[Verdict.INVENTED],
        fine=_share_correct(verdict for _, verdict in found) or 0.0,
        scans=_share_correct(verdict for is_scan, verdict in found if is_scan),
        precision=precision,
        recall=recall,
        f1=None if precision is None or recall is None else 2 * precision * recall / ((precision + recall) or 1),
    )


def _share_correct(verdicts: Iterable[Verdict]) -> float | None:
    return _mean(float(verdict in CORRECT_VERDICTS) for verdict in verdicts)


def _text(cases: Sequence[CaseScore]) -> TextScore:
    return TextScore(
        documents=len(cases),
        error_rate=_mean(case.error_rate for case in cases),
        word_recall=_mean(case.word_recall for case in cases),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return mean(known) if known else None
