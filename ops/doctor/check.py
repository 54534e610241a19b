"""A check: a name, the checks that it depends on, and a function that returns the outcome."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from durable.wire.errors import WireError
from ops.errors import UserError


class Verdict(StrEnum):
    """How severe an outcome is."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Outcome:
    """The outcome of a check, and the remedy of a problem."""

    verdict: Verdict
    sentence: str
    remedy: str = ""


@dataclass(frozen=True)
class CheckResult:
    """The outcome of a check, and how long the check took."""

    name: str
    outcome: Outcome
    seconds: float


@dataclass(frozen=True)
class Check[C]:
    """Checks a context. It is skipped when one of `needs` did not pass: it would only repeat that failure."""

    name: str
    run: Callable[[C], Outcome]
    needs: tuple[str, ...] = ()


def ok(sentence: str) -> Outcome:
    """Return an outcome without a problem."""
    return Outcome(Verdict.OK, sentence)


def fail(sentence: str, remedy: str) -> Outcome:
    """Return an outcome with a problem."""
    return Outcome(Verdict.FAILED, sentence, remedy)


def warn(sentence: str, remedy: str) -> Outcome:
    """Return an outcome that works at present but may not for long."""
    return Outcome(Verdict.WARNING, sentence, remedy)


def skip(sentence: str) -> Outcome:
    """Return the outcome of a check that was not made."""
    return Outcome(Verdict.SKIPPED, sentence)


def join_cells(outcomes: Mapping[str, Outcome]) -> Outcome:
    """Return the outcome for all cells: the first that is not ok, with its cell's number."""
    [first, *others] = outcomes.values()
    if not others:
        return first
    bad = ((cell, one) for cell, one in outcomes.items() if one.verdict is not Verdict.OK)
    if found := next(bad, None):
        cell, outcome = found
        return replace(outcome, sentence=f"cell {cell}: {outcome.sentence}")
    return replace(first, sentence=f"{first.sentence}, in each of {len(outcomes)} cells")


def run_checks[C](context: C, checks: Sequence[Check[C]]) -> Iterator[CheckResult]:
    """Run all checks in order; a failed check skips those that need it, and names itself as the cause."""
    causes: dict[str, str] = {}  # checks that did not pass, each with the check that failed first
    for check in checks:
        started_at = time.monotonic()
        cause = next((causes[name] for name in check.needs if name in causes), None)
        outcome = skip(f"check `{cause}` failed") if cause else _run(check, context)
        if outcome.verdict in (Verdict.FAILED, Verdict.SKIPPED):
            causes[check.name] = cause or check.name
        yield CheckResult(check.name, outcome, time.monotonic() - started_at)


def _run[C](check: Check[C], context: C) -> Outcome:
    try:
        return check.run(context)
    except UserError as error:
        return fail(error.sentence, error.remedy)
    except (WireError, OSError) as error:
        return fail(f"the check was interrupted ({error})", "run it again; ./longhand logs server may show why")
