"""Answers a question of a job, by its own id or by the job's id."""

import json
from collections.abc import Sequence
from typing import Final

from contract.answers import Decided, Waiting
from contract.decision import Corrections, is_decision_id

from .api import Api
from .errors import UserError
from .exit_codes import ExitCode

_NO_CORRECTIONS: Final[Sequence[str]] = ()


def find_decision(api: Api, name: str) -> str:
    """Return the id of a decision by itself or by its job."""
    if is_decision_id(name):
        return name
    answer = api.status(name)
    if isinstance(answer, Waiting) and answer.decision:
        return answer.decision
    sentence = f"the job {name} waits for no decision: it is {answer.status}"
    raise UserError(ExitCode.REFUSED, sentence, f"see ./longhand status {name}")


def parse_corrections(texts: Sequence[str] = _NO_CORRECTIONS) -> Corrections | None:
    """Return the values in FIELD=VALUE: numbers as such, `null` for none, and all others as texts."""
    return dict(map(_parse_correction, texts)) or None


def _parse_correction(text: str) -> tuple[str, float | str | None]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UserError(ExitCode.USAGE, f"{text!r} is no correction", "use the form FIELD=VALUE, as in amount=12.50")
    return name, _parse_value(value)


def _parse_value(text: str) -> float | str | None:
    """Return a JSON number, null or string as its value, and any other text as it is."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    is_plain = value is None or isinstance(value, int | float | str)
    return value if is_plain and not isinstance(value, bool) else text


def describe_decided(decided: Decided) -> str:
    """Return the effect of a decision as a sentence."""
    by = f" by {decided.reviewer}" if decided.reviewer else ""
    outcome = f"approved{by}; the job continues" if decided.approve else f"rejected{by}; the job fails"
    return f"{decided.job_id}: {outcome}"
