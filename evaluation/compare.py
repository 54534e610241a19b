"""Compare a found value with the known one: exactly, as a number, or approximately.

Case and blanks are ignored; lists are equal if they have the same values in any order.
"""

from enum import StrEnum
from typing import Final

from pydantic import JsonValue

from .distance import likeness

_NEAR: Final = 0.9  # of likeness
_CENT: Final = 0.005


class Comparison(StrEnum):
    """How values are compared."""

    EXACT = "exact"
    NUMERIC = "numeric"
    FUZZY = "fuzzy"


class Verdict(StrEnum):
    """The result for a field of one document."""

    RIGHT = "right"
    WRONG = "wrong"  # found with another value
    MISSING = "missing"
    INVENTED = "invented"  # found, but the document has none
    RIGHTLY_ABSENT = "rightly absent"


CORRECT_VERDICTS: Final = frozenset({Verdict.RIGHT, Verdict.RIGHTLY_ABSENT})


def judge(found: JsonValue, true: JsonValue, way: Comparison | None = None) -> Verdict:
    """Compare; without a given comparison, the known value decides which."""
    if true in (None, [], {}, ""):
        return Verdict.RIGHTLY_ABSENT if found in (None, [], {}, "") else Verdict.INVENTED
    if found in (None, [], {}, ""):
        return Verdict.MISSING
    return Verdict.RIGHT if same(found, true, way or _default_comparison(true)) else Verdict.WRONG


def same(found: JsonValue, true: JsonValue, way: Comparison) -> bool:
    """Whether two values are equal by this comparison."""
    if isinstance(true, dict) and isinstance(found, dict):
        return true.keys() == found.keys() and all(same(found[name], true[name], way) for name in true)
    if isinstance(true, list) and isinstance(found, list):
        return len(true) == len(found) and _pair_up(list(found), true, way)
    if way is Comparison.NUMERIC:
        one, other = _number(found), _number(true)
        return one is not None and other is not None and abs(one - other) < _CENT
    one_text, other_text = _plain(found), _plain(true)
    return one_text == other_text or (way is Comparison.FUZZY and likeness(one_text, other_text) >= _NEAR)


def _pair_up(found: list[JsonValue], true: list[JsonValue], way: Comparison) -> bool:
    for one in true:
        match = next((other for other in found if same(other, one, way)), None)
        if match is None:
            return False
        found.remove(match)
    return True


def _default_comparison(true: JsonValue) -> Comparison:
    return Comparison.NUMERIC if isinstance(true, int | float) and not isinstance(true, bool) else Comparison.EXACT


def _number(value: JsonValue) -> float | None:
    try:
        return float(value) if isinstance(value, str | int | float) else None
    except ValueError:
        return None


def _plain(value: JsonValue) -> str:
    return " ".join(str(value).casefold().split())
