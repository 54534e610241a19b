"""What a check is: a name, what must hold before it makes sense, and a function that looks and says what it saw."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ops.faults import Fault
from wire.errors import WireError


class Verdict(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Seen:
    """What was seen, and for what is wrong, what to do."""

    verdict: Verdict
    sentence: str
    remedy: str = ""


@dataclass(frozen=True)
class Finding:
    """What a check saw, and how many seconds it looked."""

    name: str
    seen: Seen
    seconds: float


@dataclass(frozen=True)
class Check[S]:
    """Looks at a scene. A check whose `needs` did not hold is skipped: it would only say the same again."""

    name: str
    look: Callable[[S], Seen]
    needs: tuple[str, ...] = ()


def fine(sentence: str) -> Seen:
    """It holds."""
    return Seen(Verdict.OK, sentence)


def wrong(sentence: str, remedy: str) -> Seen:
    """It does not."""
    return Seen(Verdict.FAILED, sentence, remedy)


def doubtful(sentence: str, remedy: str) -> Seen:
    """It holds, for now."""
    return Seen(Verdict.WARNING, sentence, remedy)


def skipped(sentence: str) -> Seen:
    """Nobody looked."""
    return Seen(Verdict.SKIPPED, sentence)


def examine[S](scene: S, checks: Sequence[Check[S]], clock: Callable[[], float] = time.monotonic) -> Iterator[Finding]:
    """Look at everything, in order, whatever is found."""
    held: set[str] = set()
    for check in checks:
        begun = clock()
        missing = [name for name in check.needs if name not in held]
        seen = skipped(f"not looked at: {missing[0]} does not hold") if missing else _look(check, scene)
        if seen.verdict in (Verdict.OK, Verdict.WARNING):
            held.add(check.name)
        yield Finding(check.name, seen, clock() - begun)


def _look[S](check: Check[S], scene: S) -> Seen:
    try:
        return check.look(scene)
    except Fault as fault:
        return wrong(fault.sentence, fault.remedy)
    except (WireError, OSError) as error:
        return wrong(f"what it looked at failed in the middle ({error})", "run it again; ./longhand logs may say why")
