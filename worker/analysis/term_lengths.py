"""Find lengths of time, written as numbers, in words or both, and anniversaries: `two (2) years`, `18 months`.

A length in days is not read: contracts state notices and payments in days, and their terms in months and years.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_UNITS: Final = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
    *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS: Final = {
    "first": 1,
    "second": 2,
    "third": 3,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "seventh": 7,
    "eighth": 8,
    "ninth": 9,
    "tenth": 10,
    "twelfth": 12,
    "fifteenth": 15,
    "twentieth": 20,
}
_FIRST_TEN: Final = 20
_NUMBERS: Final = {
    **{word: number for number, word in enumerate(_UNITS, start=1)},
    **{word: _FIRST_TEN + 10 * place for place, word in enumerate(_TENS)},
    **{
        f"{tens}-{word}": _FIRST_TEN + 10 * place + number
        for place, tens in enumerate(_TENS)
        for number, word in enumerate(_UNITS[:9], start=1)
    },
    **_ORDINALS,
}
_WORD: Final = "|".join(sorted(_NUMBERS, key=len, reverse=True)).replace("-", r"[\s-]")
_MONTHS_OF_YEAR: Final = 12
_CHARACTERS_BEFORE: Final = 45  # of a unit, in which its number stands: `twenty-four (24) consecutive `
_UNIT: Final = re.compile(
    r"(?P<unit>year|month)(?:s|\(s\))?(?:'|\u2019)?\b(?:\s\((?P<late>\d{1,2})\))?|(?P<anniversary>anniversary)\b",
    re.IGNORECASE,
)
# A fraction is no number here: `2.5 years`, `one and one-half years`.
_NUMBER: Final = re.compile(
    rf"(?<![\w.,/-])(?:(?P<word>{_WORD})(?:[\s-]*\((?P<both>\d{{1,2}})(?:st|nd|rd|th)?\))?|"
    r"\(?(?P<digits>\d{1,2})(?P<ordinal>st|nd|rd|th)?\)?)[\s-]+(?:(?:full|consecutive|annual|yearly)\s+)?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class TermLength:
    """A length of time in whole months, and its place in the text. An anniversary counts from the day it names."""

    start: int
    end: int
    months: int
    is_anniversary: bool


def find_lengths(text: str) -> Iterator[TermLength]:
    """Yield every length whose words and numbers agree."""
    for unit in _UNIT.finditer(text):
        number = _NUMBER.search(text, max(0, unit.start() - _CHARACTERS_BEFORE), unit.start())
        if number and (count := _read_number(number, unit)):
            months = 1 if (unit["unit"] or "").lower() == "month" else _MONTHS_OF_YEAR
            yield TermLength(number.start(), unit.end(), count * months, bool(unit["anniversary"]))


def _read_number(number: re.Match[str], unit: re.Match[str]) -> int | None:
    word = "-".join((number["word"] or "").lower().replace("-", " ").split())
    is_ordinal = bool(number["ordinal"] or word in _ORDINALS)
    if is_ordinal != bool(unit["anniversary"]):
        return None  # `the first year` is no length
    counts = {int(one) for one in (number["both"], number["digits"], unit["late"]) if one}
    counts |= {_NUMBERS[word]} if word else set()
    return counts.pop() if len(counts) == 1 else None
