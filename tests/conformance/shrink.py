"""Shortens a script on which two servers disagree, and reports the differences."""

from collections.abc import Callable, Iterator
from itertools import zip_longest

from msgspec import json

from .pair import Observation, Outcome, Pair
from .script import Step, to_text
from .target import Json

NOTHING = object()  # a missing value; null is a value


def shrink_script(script: list[Step], disagrees: Callable[[list[Step]], bool]) -> list[Step]:
    """Remove ever smaller pieces while the rest still disagrees, until every step is needed."""
    size = len(script)
    while True:
        shorter = drop_pieces(script, size, disagrees)
        if size == 1 and len(shorter) == len(script):
            return shorter
        script, size = shorter, max(1, size // 2)


def drop_pieces(script: list[Step], size: int, disagrees: Callable[[list[Step]], bool]) -> list[Step]:
    """Remove each unneeded piece of this size, the last ones first."""
    for at in range(len(script) - size, -1, -size):
        shorter = script[:at] + script[at + size :]
        if disagrees(shorter):
            script = shorter
    return script


def report(pair: Pair, script: list[Step]) -> str:
    """Shrink a script and describe the rest of it."""
    outcomes = list(pair.play_all(shrink_script(script, pair.disagree)))
    last = outcomes[-1]
    start = outcomes[0].step.now
    names = (pair.reference.name, pair.subject.name)
    lines = [
        f"The {names[1]} server differs from the {names[0]} one. The shortest script that shows it:",
        *(f"{n:3}. at {step.now - start:+} ms {step.kind} {_json(step.data)}" for n, step in _number_steps(outcomes)),
        "The answers to the last request:",
        *(f"  {name}: {_json(seen.answer)}" for name, seen in zip(names, (last.reference, last.subject), strict=True)),
        f"What differs ({names[0]} | {names[1]}):",
        *(f"  {line}" for line in differing_parts(last)),
        "The script, for from_text:",
        to_text([outcome.step for outcome in outcomes]),
    ]
    return "\n".join(lines)


def differing_parts(outcome: Outcome) -> Iterator[str]:
    """Yield a line for each difference."""
    for part in Observation.__dataclass_fields__:
        yield from differences(part, getattr(outcome.reference, part), getattr(outcome.subject, part))


def differences(path: str, one: object, other: object) -> Iterator[str]:
    """Yield the smallest differing parts."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one | other):
            yield from differences(f"{path}.{key}", one.get(key, NOTHING), other.get(key, NOTHING))
    elif isinstance(one, list) and isinstance(other, list):
        for n, (left, right) in enumerate(zip_longest(one, other, fillvalue=NOTHING)):
            yield from differences(f"{path}[{n}]", left, right)
    elif _json(one) != _json(other):
        yield f"{path}: {_json(one)} | {_json(other)}"


def _number_steps(outcomes: list[Outcome]) -> Iterator[tuple[int, Step]]:
    return enumerate((outcome.step for outcome in outcomes), start=1)


def _json(value: Json | object) -> str:
    return "nothing" if value is NOTHING else json.encode(value, order="sorted").decode()
