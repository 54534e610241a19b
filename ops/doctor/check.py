"""What a check is: a name, what must hold before it makes sense, and a function that looks and says what it saw."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ops.errors import UserError
from wire.errors import WireError


class Verdict(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Outcome:
    """What was seen, and for what is wrong, what to do."""

    verdict: Verdict
    sentence: str
    remedy: str = ""


@dataclass(frozen=True)
class CheckResult:
    """What a check saw, and how many seconds it looked."""

    name: str
    outcome: Outcome
    seconds: float


@dataclass(frozen=True)
class Check[S]:
    """Looks at a scene. A check whose `needs` did not hold is skipped: it would only say the same again."""

    name: str
    look: Callable[[S], Outcome]
    needs: tuple[str, ...] = ()


def ok(sentence: str) -> Outcome:
    """It holds."""
    return Outcome(Verdict.OK, sentence)


def fail(sentence: str, remedy: str) -> Outcome:
    """It does not."""
    return Outcome(Verdict.FAILED, sentence, remedy)


def warn(sentence: str, remedy: str) -> Outcome:
    """It holds, for now."""
    return Outcome(Verdict.WARNING, sentence, remedy)


def skip(sentence: str) -> Outcome:
    """Nobody looked."""
    return Outcome(Verdict.SKIPPED, sentence)


def examine[S](
    scene: S, checks: Sequence[Check[S]], clock: Callable[[], float] = time.monotonic
) -> Iterator[CheckResult]:
    """Look at everything, in order, whatever is found."""
    held: set[str] = set()
    for check in checks:
        begun = clock()
        missing = [name for name in check.needs if name not in held]
        outcome = skip(f"not looked at: {missing[0]} does not hold") if missing else _look(check, scene)
        if outcome.verdict in (Verdict.OK, Verdict.WARNING):
            held.add(check.name)
        yield CheckResult(check.name, outcome, clock() - begun)


def _look[S](check: Check[S], scene: S) -> Outcome:
    try:
        return check.look(scene)
    except UserError as fault:
        return fail(fault.sentence, fault.remedy)
    except (WireError, OSError) as error:
        return fail(f"what it looked at failed in the middle ({error})", "run it again; ./longhand logs may say why")
