"""Compare a score with an earlier one. A field with fewer right or more false values is worse."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from .scores import FieldScore, Score

_FORM: Final = "it must be a file that --json wrote, or its `fields` alone"


class BaselineError(ValueError):
    """The file of the earlier score cannot be used; the message names it."""


class Baseline(BaseModel):
    """An earlier score: any file that `--json` wrote, of which only the fields matter."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    fields: tuple[FieldScore, ...]


def read_baseline(file: Path) -> Baseline:
    """Return the earlier score."""
    try:
        return Baseline.model_validate_json(file.read_bytes())
    except OSError as error:
        raise BaselineError(f"{file} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise BaselineError(f"{file} is no earlier score: {_FORM}") from error


def find_worse(score: Score, baseline: Baseline) -> Iterator[str]:
    """Yield a line for each field that got worse, or that was not measured again."""
    now = {_name(one): one for one in score.fields}
    for before in baseline.fields:
        after = now.get(_name(before))
        if after is None:
            yield f"{_name(before)} was not measured"
        elif after.right < before.right or _count_false(after) > _count_false(before):
            yield f"{_name(before)}: {_counts(before)} before, {_counts(after)} now"


def _name(field: FieldScore) -> str:
    return "/".join(filter(None, (field.folder, field.type, field.field)))


def _count_false(field: FieldScore) -> int:
    return field.wrong + field.invented


def _counts(field: FieldScore) -> str:
    return f"{field.right} right and {_count_false(field)} wrong or invented"
